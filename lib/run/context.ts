/**
 * What everything in this room works with: one worker's place in one home.
 */
import type { Config } from '../config/config.ts'
import type { Hook } from '../config/hook-target.ts'
import type { Job } from '../job/job.ts'
import type { Event } from '../journal/journal.ts'
import type { Home } from '../spool/layout.ts'
import type { OwnHolder } from '../spool/holders.ts'
import type { Shells } from './shell.ts'

export interface Site {
  readonly home: Home
  /** Our directory; another one after it was taken away. */
  readonly holder: OwnHolder
  readonly fifos?: Fifos
  /** The settings now in force. */
  readonly config: Config
  /** Tells the journal and the log. */
  tell(...events: Omit<Event, 'at'>[]): void
  /** Calls the hook for this, if one is set; nobody waits for it. */
  callHook(hook: Hook, job: Job): void
  /** A line for the log only. */
  say(line: string): void
  /** Does what must be done until the machine has room for it again; claims nothing meanwhile. */
  insist<T>(doing: string, act: () => T | Promise<T>): Promise<T>
}

/** What starting a run takes besides. */
export interface StartingSite extends Site {
  readonly fifos: Fifos
  readonly shells: Shells
}

interface Fifos {
  /** Puts a fresh FIFO at a path. */
  take(path: string): void
  /** Takes one back that nobody holds. */
  giveBack(path: string): void
}
