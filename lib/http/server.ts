/** The server: listens, and ends with whatever is still open. */
import { setMaxListeners } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { errno, QueueError } from '../errors.ts'
import type { LiveJournal, Live, Queue } from '../queue.ts'
import { makeApp } from './app.ts'
import { isLoopback } from './access.ts'
import type { Options } from './context.ts'
import { Tokens } from './tokens.ts'

export interface Running {
  /** Where it is. */
  readonly url: string
  /** The same, signing in whoever opens it first. */
  readonly link: string
  /** Ends every stream and what is being answered. */
  close(): Promise<void>
}

/** A token that may be guessed is none. */
const SHORTEST_TOKEN = 16
/** How long (ms) answers that have begun may take when the server ends. */
const GRACE_MS = 1000

/**
 * Listens.
 * @throws QueueError USAGE when it would let in whoever comes; FAILED when the port is taken or the address is none of ours
 */
export async function serve(queue: Queue, options: Options): Promise<Running> {
  const { host, port, token } = options
  refuseUnguarded(host, token)
  const end = new AbortController()
  // Every stream listens to it.
  setMaxListeners(0, end.signal)
  const tokens = token === undefined ? undefined : new Tokens(token)
  const handler: { fetch: ReturnType<typeof makeApp>['fetch'] } = { fetch: () => new Response(null, { status: 503 }) }
  // Told apart from the app, so that a port that is taken is told before the home is read.
  const server = createAdaptorServer({ fetch: (...args) => handler.fetch(...args) }) as Server
  server.requestTimeout = 60_000
  server.maxConnections = 1000
  await listen(server, host, port)
  const close = (): Promise<void> => new Promise((done) => server.close(() => done()))
  let live: Live | undefined
  let ledger: LiveJournal | undefined
  try {
    live = await queue.live()
    ledger = await queue.ledger()
    handler.fetch = makeApp({ queue, live, ledger, options, tokens, end: end.signal }).fetch
  } catch (error) {
    live?.close()
    ledger?.close()
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
      ledger?.close()
      server.closeIdleConnections()
      const late = setTimeout(() => server.closeAllConnections(), GRACE_MS)
      await isClosed
      clearTimeout(late)
    },
  }
}

/** Anybody who reaches it can run commands. @throws QueueError USAGE */
function refuseUnguarded(host: string, token: string | undefined): void {
  if (token !== undefined && token.length < SHORTEST_TOKEN)
    throw new QueueError(
      'USAGE',
      `the token is too short: it has ${token.length} characters, and needs ${SHORTEST_TOKEN}`,
      'make one with: openssl rand -hex 16',
    )
  if (token === undefined && !isLoopback(host))
    throw new QueueError(
      'USAGE',
      `cannot listen on ${host} without a token: whoever reaches it could run commands as you`,
      'set QUEUECTL_TOKEN, or add --token T; make one with: openssl rand -hex 16',
    )
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (error) => fail(refusal(error, host, port)))
    server.listen(port, host, done)
  })
}

function refusal(error: Error, host: string, port: number): Error {
  const code = errno(error)
  if (code === 'EADDRINUSE')
    return new QueueError(
      'FAILED',
      `port ${port} is taken`,
      'choose another with --port N, or any free one with --port 0',
    )
  if (code === 'EACCES') return new QueueError('FAILED', `port ${port} is not for you`, 'choose one above 1023')
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(code ?? ''))
    return new QueueError('FAILED', `${host} is no address of this machine`)
  return error
}
