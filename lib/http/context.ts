/** What the routes work with: the queue, what is known of it by watching, and what the server was told. */
import type { LiveJournal, Live, Queue } from '../queue.ts'
import type { Tokens } from './tokens.ts'

export interface Options {
  /** Where it listens. */
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Names besides its own by which it may be called, such as a proxy's. */
  readonly names: readonly string[]
  /** The directory of the built pages. */
  readonly pages: string
  readonly readOnly: boolean
  /** What a request must bring; undefined: nothing is asked. */
  readonly token: string | undefined
  /** Hears of what is our fault. */
  readonly tell: (error: unknown) => void
  /** Hears of each request, once it was answered. */
  readonly trace?: (line: string) => void
}

export interface Site {
  readonly queue: Queue
  readonly live: Live
  readonly ledger: LiveJournal
  readonly options: Options
  readonly tokens: Tokens | undefined
  /** Aborted when the server ends. */
  readonly end: AbortSignal
}
