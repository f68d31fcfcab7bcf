/** What the routes work with: the queue, its live indexes, and the options of the server. */
import type { LiveJournal, Live, Queue } from '../queue.ts'
import type { Tokens } from './tokens.ts'

export interface ServerOptions {
  /** The address to listen on. */
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Further host names that requests may use, such as that of a proxy. */
  readonly names: readonly string[]
  /** The directory of the built pages. */
  readonly pages: string
  readonly readOnly: boolean
  /** The token that requests must carry; undefined for none. */
  readonly token: string | undefined
  /** Called with every error that is a fault of the server. */
  readonly report: (error: unknown) => void
  /** Called with a log line for each request after its answer. */
  readonly trace?: (line: string) => void
}

export interface ServerContext {
  readonly queue: Queue
  readonly live: Live
  readonly journal: LiveJournal
  readonly options: ServerOptions
  readonly tokens: Tokens | undefined
  /** Aborted when the server shuts down. */
  readonly end: AbortSignal
}
