/** What the functions of this room are given by the worker or the operator's command that calls them. */
import { readConfig } from '../config/file.ts'
import type { Hook } from '../config/hook-target.ts'
import type { Config } from '../config/schema.ts'
import { Hooks } from '../hooks/hooks.ts'
import type { Verdict } from '../job/decide.ts'
import type { Job } from '../job/job.ts'
import { withDefaults } from '../job/queue-settings.ts'
import { type Event, recordEvents } from '../journal/journal.ts'
import type { OomKills } from '../disk/oom.ts'
import type { OwnHolder } from '../spool/holders.ts'
import type { Home } from '../spool/layout.ts'
import { readQueueSettings } from '../spool/queue-files.ts'
import type { Reserved } from './fifo-pool.ts'
import type { ShellPool } from './shell.ts'

export interface RunContext {
  readonly home: Home
  /** Our directory in `processing/`. A worker whose directory was removed registers again and gets another one. */
  readonly holder: OwnHolder
  readonly fifos?: Fifos
  /** Counts what the kernel kills for lack of memory; read only when a run was ended by SIGKILL. */
  readonly oomKills?: OomKills
  /** The settings in force now. */
  readonly config: Config
  /** The same, as they are for the jobs of a queue. */
  configOf(queue: string): Config
  /** A run of this queue's job has settled the job so. */
  noteOutcome(queue: string, verdict: Verdict): void
  /** Lets the numbers of limits go that a job has, once its run has ended. */
  letGo(fileName: string): void
  /** Writes events to the journal and the log. */
  record(...events: Omit<Event, 'at'>[]): void
  /** Calls a hook, if it is set, without waiting for it. */
  callHook(hook: Hook, job: Job): void
  /** Writes a line to the log only. */
  log(line: string): void
  /** Repeats an action until it succeeds. @param entry what a failure is about, as a path in the home */
  retryUntilDone<T>(doing: string, act: () => T | Promise<T>, entry: string): Promise<T>
}

/** What it takes besides to start a run. */
export interface StartContext extends RunContext {
  readonly fifos: Fifos
  readonly shells: ShellPool
  /** Writes an event to the journal and the log, a moment later and together with others. */
  recordSoon(event: Omit<Event, 'at'>): void
}

interface Fifos {
  /** Puts a fresh FIFO, or the one that was reserved, at a path. */
  take(path: string, reserved?: Reserved): number
  /** Takes back a FIFO that no process holds. */
  giveBack(path: string): boolean
}

/** The hooks that an operator's command calls; it must wait for {@link Hooks.finish} before it exits. */
export const operatorHooks = (home: Home): Hooks =>
  new Hooks(home, { settings: { now: readConfig(home) }, record: (event) => recordEvents(home, [event]) })

export const operatorContext = (home: Home, holder: OwnHolder, hooks: Hooks): RunContext => ({
  home,
  holder,
  config: readConfig(home),
  configOf: (queue) => withDefaults(readConfig(home), readQueueSettings(home), queue),
  // They count no more once the job has left the directory that its worker held it in.
  letGo: () => {},
  noteOutcome: () => {},
  record: (...events) => recordEvents(home, events),
  callHook: (hook, job) => hooks.callFor(hook, job),
  log: () => {},
  retryUntilDone: async (_doing, act) => act(),
})
