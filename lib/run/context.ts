/**
 * What everything in this room works with: one worker's place in one home.
 */
import type { Config } from '../config/schema.ts'
import type { Hook } from '../config/hook-target.ts'
import type { Job } from '../job/job.ts'
import { type Event, tell } from '../journal/journal.ts'
import type { Home } from '../spool/layout.ts'
import type { OwnHolder } from '../spool/holders.ts'
import type { Shells } from './shell.ts'
import { Hooks } from '../hooks/hooks.ts'
import { readConfig } from '../config/file.ts'

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

/** Hooks that this process calls; it must let them finish before it ends. */
export const hooksOf = (home: Home): Hooks =>
  new Hooks(home, { settings: { now: readConfig(home) }, tell: (event) => tell(home, [event]) })

export const visit = (home: Home, holder: OwnHolder, hooks: Hooks): Site => ({
  home,
  holder,
  config: readConfig(home),
  tell: (...events) => tell(home, events),
  callHook: (hook, job) => hooks.settled(hook, job),
  say: () => {},
  insist: async (_doing, act) => act(),
})
