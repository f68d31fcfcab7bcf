/**
 * Defines a job: the record in its file. Pure types and constants.
 *
 * The members have the same names on disk, in the library, in `--json` and over HTTP.
 */
import type { Parent } from './after.ts'
import { shellQuote } from './shell-quote.ts'
import type { State } from './state.ts'

/** A request to run a command. Only `command` is required. */
export interface JobRequest {
  /** 1 to 128 of `A-Za-z0-9._-`. Default: a generated ULID. */
  readonly id?: string
  /** A line for `/bin/sh -c`, or an argv that is run without a shell. */
  readonly command: string | readonly string[]
  /** -999 to 999, higher runs first. Default: config `default_priority` (0). */
  readonly priority?: number
  /** Attempts, the first included. Default: config `max_retries` (3), stored when the job is enqueued. */
  readonly max_retries?: number
  /** ISO 8601; local time without a zone. In the past: runs now. */
  readonly run_at?: string
  /** Jobs that must have ended before this one may run: ids (they must succeed), or how each must end. */
  readonly after?: readonly Parent[]
  /** What becomes of it once a job it waits for has ended otherwise: it is cancelled (default), or goes on waiting. */
  readonly when_impossible?: 'cancel' | 'wait'
  /** Seconds to wait after the last of these jobs has ended. */
  readonly after_delay?: number
  /** A key of which there may be one job only at a time: the next one is not enqueued. */
  readonly unique?: string
  /** How long this one keeps out: `active` (default), `queued` (until it begins), `success:1h` (for that time after its success too). */
  readonly unique_while?: string
  /** What becomes of this request when another job has the key: `ignore` (default) answers with that job, `reject` fails. */
  readonly on_conflict?: 'ignore' | 'reject'
  /** Seconds an attempt may take, 0 for no limit. Default: config `timeout` (300) when it starts. */
  readonly timeout?: number
  /** After failed attempt n, the next one waits min(max_backoff, backoff_base ^ n) seconds. */
  readonly backoff_base?: number
  /** Seconds. */
  readonly max_backoff?: number
  /** 0 to 1: random extra wait, up to this share of it. */
  readonly jitter?: number
  /** Absolute directory to run in. Default: where enqueue was called; for a dropped file the user's home. */
  readonly cwd?: string
  /** Added to the worker's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Text for the command's stdin. Default: none. */
  readonly stdin?: string
  readonly queue?: string
  /** As many jobs of one key run at a time as the `key_limit` of the queue says: one by default. */
  readonly key?: string
  readonly tags?: readonly string[]
  /** Exit codes that count as success. Default [0]. */
  readonly success_codes?: readonly number[]
  /** Exit codes that mean "try again later" and use no attempt. Default []. */
  readonly retry_later_codes?: readonly number[]
  /** Exit codes that mean "do not retry": the job is dead at once. Default []. */
  readonly give_up_codes?: readonly number[]
  /** How much it lets other processes go first: 0 to 19. Default: as the worker. */
  readonly nice?: number
  /** `idle`: it reads and writes only while nobody else wants the disk. */
  readonly ionice?: 'idle'
  /** Anything of your own: kept, and never read. */
  readonly meta?: Readonly<Record<string, unknown>>
}

/** How a run ended, as recorded in `history`. */
export type Ending = 'completed' | 'failed' | 'retry_later' | 'gave_up' | 'cancelled' | 'interrupted' | 'given_back'

/** One run of a job, as kept in `history`. Times are ISO 8601 UTC. */
export interface Run {
  /** Counts every start of the job and is never reset. Names the run's files in `logs/<id>/`. */
  readonly run: number
  /** The number of the attempt; absent when the run used none. */
  readonly attempt?: number
  readonly outcome: Ending
  readonly worker?: string
  readonly slot?: number
  readonly started_at?: string
  readonly finished_at: string
  readonly duration_ms?: number
  readonly exit_code?: number
  readonly signal?: string
  readonly timed_out?: true
  readonly error?: string
  /** Pids of strays: processes that outlived the run. */
  readonly strays?: readonly number[]
}

/** A job's record, the content of its file. */
export interface Job extends JobRequest {
  readonly id: string
  readonly priority: number
  readonly max_retries: number
  readonly queue: string
  readonly state: State
  /** Runs that succeeded or failed since the job was enqueued or last retried. */
  readonly attempts: number
  /** Number of starts; never reset. */
  readonly runs: number
  /** Runs that were ended from outside (power cut, kill -9): they use no attempt; the 6th makes the job dead. */
  readonly interruptions: number
  /** How often the command asked to be run later (`retry_later_codes`). */
  readonly retry_laters: number
  readonly created_at: string
  readonly updated_at: string
  readonly started_at?: string
  readonly finished_at?: string
  readonly next_retry_at?: string
  readonly exit_code?: number
  readonly signal?: string
  readonly timed_out?: true
  /** The jobs in `after` that were seen to end as they must. */
  readonly met?: readonly string[]
  /** `because`: the job that it waited for and that ended otherwise. */
  readonly cancelled?: { readonly at: string; readonly reason: string; readonly because?: string }
  readonly last_error?: string
  readonly duration_ms?: number
  readonly worker?: string
  readonly slot?: number
  readonly strays?: readonly number[]
  /** A person's word that it may run beside what is alive of this run and of earlier ones (`retry --beside`). */
  readonly beside?: number
  /** The schedule that made it, and for which of its times (ISO 8601, UTC). */
  readonly schedule?: string
  readonly schedule_time?: string
  /** What was read as something else when it was enqueued, and what means nothing. */
  readonly warnings?: readonly string[]
  /** Only in the answer to a request: nothing was enqueued, since this job has the unique key. */
  readonly deduplicated?: true
  readonly history: readonly Run[]
}

/** Members that only queuectl writes. They are removed from requests and dropped files. */
export const OUR_MEMBERS = [
  'state',
  'met',
  'attempts',
  'runs',
  'interruptions',
  'retry_laters',
  'created_at',
  'updated_at',
  'started_at',
  'finished_at',
  'next_retry_at',
  'exit_code',
  'signal',
  'timed_out',
  'cancelled',
  'last_error',
  'duration_ms',
  'worker',
  'slot',
  'strays',
  'beside',
  'schedule',
  'schedule_time',
  'warnings',
  'deduplicated',
  'history',
] as const

/** Attempts where neither the job nor the settings set them. */
export const DEFAULT_MAX_RETRIES = 3

/** The largest size of a job file in bytes. */
export const MAX_JOB_BYTES = 1_048_576

/** The command as one line, quoted for a shell. */
export const commandLine = (command: string | readonly string[]): string =>
  typeof command === 'string' ? command : command.map(shellQuote).join(' ')
