/**
 * What everything in this room works with: one worker's place in one home.
 */
import type { Config } from '../config/schema.ts'
import type { Hook } from '../config/hook-target.ts'
import type { Job } from '../job/job.ts'
import { type Event, recordEvents } from '../journal/journal.ts'
import type { Home } from '../spool/layout.ts'
import type { OwnHolder } from '../spool/holders.ts'
import type { ShellPool } from './shell.ts'
import { Hooks } from '../hooks/hooks.ts'
import { readConfig } from '../config/file.ts'

export interface RunContext {
  readonly home: Home
  /** Our directory; another one after it was taken away. */
  readonly holder: OwnHolder
  readonly fifos?: Fifos
  /** The settings now in force. */
  readonly config: Config
  /** Tells the journal and the log. */
  record(...events: Omit<Event, 'at'>[]): void
  /** Calls the hook for this, if one is set; nobody waits for it. */
  callHook(hook: Hook, job: Job): void
  /** A line for the log only. */
  log(line: string): void
  /** Does what must be done until the machine has room for it again; claims nothing meanwhile. */
  retryUntilDone<T>(doing: string, act: () => T | Promise<T>): Promise<T>
}

/** What starting a run takes besides. */
export interface StartContext extends RunContext {
  readonly fifos: Fifos
  readonly shells: ShellPool
}

interface Fifos {
  /** Puts a fresh FIFO at a path. */
  take(path: string): void
  /** Takes one back that nobody holds. */
  giveBack(path: string): void
}

/** Hooks that this process calls; it must let them finish before it ends. */
export const operatorHooks = (home: Home): Hooks =>
  new Hooks(home, { settings: { now: readConfig(home) }, record: (event) => recordEvents(home, [event]) })

export const operatorContext = (home: Home, holder: OwnHolder, hooks: Hooks): RunContext => ({
  home,
  holder,
  config: readConfig(home),
  record: (...events) => recordEvents(home, events),
  callHook: (hook, job) => hooks.callFor(hook, job),
  log: () => {},
  retryUntilDone: async (_doing, act) => act(),
})
