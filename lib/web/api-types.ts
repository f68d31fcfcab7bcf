/**
 * What the API gives and takes, as far as the pages use it. The OpenAPI document (`lib/http/openapi/schemas.ts`) says it in full;
 * the specs of the pages hold the two together.
 */
import type { Ending, Job as JobFile, JobRequest, Run as PastRun } from '../job/job.ts'
import type { State } from '../job/state.ts'

export type { JobRequest, State }

/** Without the members that nobody knows beforehand, which would make every member `unknown`. */
type Known<T> = { [K in keyof T as string extends K ? never : K]: T[K] }

/** A job as its file has it, and where it lies. */
export type Job = Omit<Known<JobFile>, 'state'> & {
  readonly state: string
  readonly lies_in: State
  readonly progress?: Progress
}
export interface Progress {
  readonly percent?: number
  readonly message?: string
}

export type JobRow = Omit<Job, 'history' | 'env' | 'stdin'>
/** A file that lies where jobs lie and is none. */
export interface Unreadable {
  readonly id: string
  readonly state: string
  readonly lies_in: State
  readonly unreadable: string
  readonly path: string
}
export type Row = JobRow | Unreadable
export const isReadable = (row: Row): row is JobRow => !('unreadable' in row)

export interface Jobs {
  readonly items: readonly Row[]
  readonly next_cursor: string | null
  readonly total: number
  readonly total_is_exact: boolean
}

export type Attempt = Omit<PastRun, 'outcome' | 'finished_at'> & {
  readonly outcome: Ending | 'running'
  readonly finished_at?: string
  readonly stdout_bytes: number | null
  readonly stderr_bytes: number | null
}

export interface Filter {
  readonly state?: string
  readonly queue?: string
  readonly tag?: string
  readonly q?: string
  readonly error?: string
}

export const ACTIONS = ['retry', 'cancel', 'hold', 'release', 'delete'] as const
export type Action = (typeof ACTIONS)[number]

export interface BulkResult {
  readonly matched: number
  readonly changed: number
  readonly skipped: readonly { readonly id: string; readonly reason: string }[]
  readonly skipped_count: number
}

export interface Counts {
  readonly pending: number
  /** Of the pending. */
  readonly scheduled: number
  readonly processing: number
  readonly failed: number
  readonly held: number
  readonly dead: number
  readonly completed: number
  readonly corrupt: number
}

export interface Stats extends Counts {
  readonly active_workers: number
  readonly worker_processes: number
  readonly home: string
  readonly disk: { readonly state: 'ok' | 'low' | 'full'; readonly free_bytes: number }
  readonly oldest_ready: { readonly id: string; readonly since: string; readonly seconds: number } | null
}

export interface Spread {
  readonly count: number
  readonly p50: number | null
  readonly p95: number | null
}
interface Happened {
  readonly completed: number
  readonly failed: number
  readonly dead: number
}
export interface Timeseries {
  readonly from: string
  readonly to: string
  /** Seconds. */
  readonly step: number
  readonly points: readonly (Happened & { readonly at: string })[]
  readonly totals: Happened & { readonly wait_ms: Spread; readonly run_ms: Spread }
}

export interface Worker {
  readonly name: string
  readonly pid: number
  readonly life: 'alive' | 'dead' | 'elsewhere'
  readonly slots: number
  readonly only?: string
  readonly started_at: string
  readonly log: string
  readonly running: readonly {
    readonly id: string
    readonly run: number
    readonly command: string | readonly string[]
    readonly started_at?: string
  }[]
}

export interface QueueRow extends Counts {
  readonly queue: string
}

export interface DeadGroup {
  readonly error: string
  readonly count: number
  readonly jobs: readonly string[]
  readonly last: string | null
}

export type Value = number | string | boolean
export interface Setting {
  readonly key: string
  readonly value: Value
  readonly default: Value
  readonly source: 'default' | 'file' | 'environment'
  readonly meaning: string
  readonly expected: string
}

export interface Happening {
  readonly at: string
  readonly event: string
  readonly job: string
  readonly run?: number
  readonly error?: string
  readonly text: string
}

export interface List<T> {
  readonly items: readonly T[]
}
export interface Page<T> extends List<T> {
  readonly next_cursor: string | null
}

export interface Session {
  readonly needs_token: boolean
  readonly authenticated: boolean
  readonly read_only: boolean
  readonly version: string
  readonly home: string | null
}
