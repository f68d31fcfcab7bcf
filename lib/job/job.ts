/**
 * What a job is: the record in its file, and the states it passes through. Pure types and constants.
 *
 * The members are named as they stand on disk, in the library, in `--json` and over HTTP: one shape everywhere.
 */
import { shellQuote } from './shell-quote.ts'
import type { State } from './state.ts'

/** What somebody asks for. Only `command` must be given; unknown members are kept. */
export interface JobRequest {
  /** 1 to 128 of `A-Za-z0-9._-`; made (a ULID) when absent. */
  readonly id?: string
  /** A line for `/bin/sh -c`, or an argv that is run without a shell. */
  readonly command: string | readonly string[]
  /** -999 to 999, higher runs first. Default: config `default_priority` (0). */
  readonly priority?: number
  /** Attempts in all. Default: config `max_retries` (3), written in at enqueue. */
  readonly max_retries?: number
  /** ISO 8601; without a zone local. In the past: runs now. */
  readonly run_at?: string
  /** Seconds an attempt may take, 0 for no limit. Default: config `timeout` (300) when it starts. */
  readonly timeout?: number
  /** Attempt n that fails is tried again after min(max_backoff, backoff_base ^ n) seconds. */
  readonly backoff_base?: number
  /** Seconds. */
  readonly max_backoff?: number
  /** 0 to 1: up to this share of the delay is added at random. */
  readonly jitter?: number
  /** Absolute directory to run in. Default: where enqueue was called; for a dropped file the user's home. */
  readonly cwd?: string
  /** Added to the worker's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Text the command reads on standard input. Default: nothing. */
  readonly stdin?: string
  readonly queue?: string
  readonly tags?: readonly string[]
  /** Exit codes that count as success. Default [0]. */
  readonly success_codes?: readonly number[]
  /** Exit codes that mean "try again later" and use no attempt. Default []. */
  readonly retry_later_codes?: readonly number[]
  /** Exit codes that mean "never again": to `dead/` at once. Default []. */
  readonly give_up_codes?: readonly number[]
  readonly [unknown: string]: unknown
}

/** How a run ended, as `history` tells it. */
export type Ending = 'completed' | 'failed' | 'retry_later' | 'gave_up' | 'cancelled' | 'interrupted' | 'given_back'

/** One run of a job, as kept in `history`. Times are ISO 8601 UTC. */
export interface Run {
  /** Its number: counts every start of the job, for ever. Names its files in `logs/<id>/`. */
  readonly run: number
  /** The attempt this run was counted as; absent when it used none. */
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
  /** Processes the run left behind, by pid. */
  readonly strays?: readonly number[]
}

/** A job as it lies in its file. */
export interface Job extends JobRequest {
  readonly id: string
  readonly priority: number
  readonly max_retries: number
  readonly queue: string
  readonly state: State
  /** Finished runs that failed or succeeded since the job was enqueued or last retried. */
  readonly attempts: number
  /** Starts, for ever. */
  readonly runs: number
  /** Runs that were cut off from outside (power cut, kill -9 of the job): no attempt is used, 6 are too many. */
  readonly interruptions: number
  /** Times the command asked to be run later (`retry_later_codes`). */
  readonly retry_laters: number
  readonly created_at: string
  readonly updated_at: string
  readonly started_at?: string
  readonly finished_at?: string
  readonly next_retry_at?: string
  readonly exit_code?: number
  readonly signal?: string
  readonly timed_out?: true
  readonly cancelled?: { readonly at: string; readonly reason: string }
  readonly last_error?: string
  readonly duration_ms?: number
  readonly worker?: string
  readonly slot?: number
  readonly strays?: readonly number[]
  /** A person's word that it may run beside what is alive of this run and of earlier ones (`retry --beside`). */
  readonly beside?: number
  readonly history: readonly Run[]
}

/** Members only we write: dropped from whatever is enqueued or dropped under a foreign name. */
export const OUR_MEMBERS = [
  'state',
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
  'history',
] as const

/** Attempts in all, where neither the job nor the settings say otherwise. */
export const DEFAULT_MAX_RETRIES = 3

/** A job file may not be larger than this many bytes. */
export const MAX_JOB_BYTES = 1_048_576

/** The command as one line for people. */
export const commandLine = (command: string | readonly string[]): string =>
  typeof command === 'string' ? command : command.map(shellQuote).join(' ')

/** A job's file as text: one line, members in the order of {@link Job}, newline at the end. */
export const printJob = (job: Job): string => `${JSON.stringify(job)}\n`
