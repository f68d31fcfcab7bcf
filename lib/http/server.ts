/** Starts and stops the HTTP server. */
import { setMaxListeners } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { errno, QueueError } from '../errors.ts'
import type { LiveJournal, Live, Queue } from '../queue.ts'
import { makeApp } from './app.ts'
import { isLoopback } from './access.ts'
import type { ServerOptions } from './context.ts'
import { HEARTBEAT_MS } from './sse.ts'
import { Tokens } from './tokens.ts'

export interface RunningServer {
  /** Its address. */
  readonly url: string
  /** The same; with a token, the first browser that opens it is signed in. */
  readonly link: string
  /** Ends all streams and finishes the answers that have begun. */
  close(): Promise<void>
}

/** Shorter tokens could be guessed. */
const MIN_TOKEN_LENGTH = 16
/** A connection must send the head of a request, and then all of it, within these times (ms). */
const TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2000 }
/** A connection on which nothing moves for this long (ms) is closed. Event streams are never silent as long. */
const SILENCE_MS = 4 * HEARTBEAT_MS
/** Each takes a descriptor; the server and its jobs need some, too, and 1024 are often all. */
const MAX_CONNECTIONS = 500
/** Connections without a request. One more closes the one that has waited longest, so that they keep no client out. */
export const MAX_IDLE = 100
/** How long (ms) answers that have begun may still take at shutdown. */
const GRACE_MS = 1000

/**
 * Starts the server; resolves once it answers requests.
 * @throws QueueError USAGE when it would be reachable from outside without a token; FAILED when it cannot listen
 */
export async function serve(queue: Queue, options: ServerOptions): Promise<RunningServer> {
  const { host, port, token } = options
  refuseWithoutToken(host, token)
  const end = new AbortController()
  // Every open stream adds a listener.
  setMaxListeners(0, end.signal)
  const tokens = token === undefined ? undefined : new Tokens(token)
  const handler: { fetch: ReturnType<typeof makeApp>['fetch'] } = { fetch: () => new Response(null, { status: 503 }) }
  // The app comes later: a port that is taken is reported before the home is read.
  const server = createAdaptorServer({
    fetch: (...args) => handler.fetch(...args),
    serverOptions: TIMEOUTS,
  }) as Server
  server.timeout = SILENCE_MS
  server.maxConnections = MAX_CONNECTIONS
  limitIdle(server)
  await listen(server, host, port)
  const close = (): Promise<void> => new Promise((done) => server.close(() => done()))
  let live: Live | undefined
  let journal: LiveJournal | undefined
  try {
    const jobs = await queue.live()
    live = jobs
    journal = await queue.ledger((id) => jobs.queueOf(id))
    handler.fetch = makeApp({ queue, live, journal, options, tokens, end: end.signal }).fetch
  } catch (error) {
    live?.close()
    journal?.close()
    await close()
    throw error
  }
  const { port: taken } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${taken}/`
  return {
    url,
    link: tokens ? `${url}login?code=${tokens.makeLink()}` : url,
    async close() {
      const isClosed = close()
      end.abort()
      live?.close()
      journal?.close()
      server.closeIdleConnections()
      const late = setTimeout(() => server.closeAllConnections(), GRACE_MS)
      await isClosed
      clearTimeout(late)
    },
  }
}

/** Closes the oldest of the connections that wait for a request when there are too many. */
function limitIdle(server: Server): void {
  const idle = new Set<Socket>()
  const wait = (socket: Socket): void => {
    if (socket.destroyed) return
    idle.add(socket)
    const [oldest] = idle
    if (idle.size > MAX_IDLE) oldest?.destroy()
  }
  server.on('connection', (socket: Socket) => {
    wait(socket)
    socket.once('close', () => idle.delete(socket))
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket)
    response.once('close', () => wait(socket))
  })
}

/** Every client that reaches the server can run commands. @throws QueueError USAGE */
function refuseWithoutToken(host: string, token: string | undefined): void {
  if (token !== undefined && token.length < MIN_TOKEN_LENGTH)
    throw new QueueError(
      'USAGE',
      `the token is too short: it has ${token.length} characters, and needs ${MIN_TOKEN_LENGTH}`,
      'make one with: openssl rand -hex 16',
    )
  if (token === undefined && !isLoopback(host))
    throw new QueueError(
      'USAGE',
      `cannot listen on ${host} without a token: anyone who reaches it could run commands as you`,
      'set QUEUECTL_TOKEN, or add --token T; make one with: openssl rand -hex 16',
    )
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (error) => fail(listenError(error, host, port)))
    server.listen(port, host, done)
  })
}

function listenError(error: Error, host: string, port: number): Error {
  const code = errno(error)
  if (code === 'EADDRINUSE')
    return new QueueError(
      'FAILED',
      `port ${port} is taken`,
      'choose another with --port N, or any free one with --port 0',
    )
  if (code === 'EACCES')
    return new QueueError('FAILED', `no permission to listen on port ${port}`, 'choose one above 1023')
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(code ?? ''))
    return new QueueError('FAILED', `${host} is not an address of this machine`)
  return error
}
