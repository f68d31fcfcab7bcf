/** The server: listens, and ends with whatever is still open. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { errno, QueueError } from '../errors.ts'
import type { Queue } from '../queue.ts'
import { makeApp, type Options } from './app.ts'

export interface ServerOptions extends Options {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

export interface Running {
  readonly url: string
  close(): Promise<void>
}

/** Listens. @throws QueueError FAILED when the port is taken or the address is none of ours */
export async function serve(queue: Queue, options: ServerOptions): Promise<Running> {
  const { host, port } = options
  const app = makeApp(queue, options)
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  await listen(server, host, port)
  const { port: taken } = server.address() as AddressInfo
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${shown}:${taken}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
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
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new QueueError('FAILED', `${host} is no address of this machine`)
  return error
}
