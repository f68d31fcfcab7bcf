/** What a worker is started with. */
import type { OwnHolder } from '../spool/holders.ts'

export interface WorkerOptions {
  readonly slots: number
  /** Stop when nothing is left to do. */
  readonly burst: boolean
  /** Run the job of this id and no other, and stop when it is settled. */
  readonly only?: string
  /** A line for people, besides the log. */
  readonly log: (line: string) => void
  /** The directory stands, and others see the worker. */
  readonly ready: (holder: OwnHolder) => void
}
