/** Computes a job's record for each change of state. Pure. */
import { isOver } from './state.ts'
import type { Job, Run } from './job.ts'
import { isoTime } from './time.ts'
import { MAX_INTERRUPTIONS, MAX_RETRY_LATERS, type Outcome, signalOf, type Verdict } from './decide.ts'

/** What is known of a run that has ended. Times in milliseconds since the epoch. */
export interface RunFacts {
  readonly run: number
  readonly worker?: string
  readonly slot?: number
  readonly startedAt?: number
  readonly finishedAt: number
  readonly strays?: readonly number[]
}

/** The record with the run counted and the verdict applied. It is stamped before the move. */
export function settledRecord(job: Job, outcome: Outcome, verdict: Verdict, facts: RunFacts): Job {
  const attempts = job.attempts + (verdict.countsAttempt ? 1 : 0)
  const code = 'code' in outcome ? outcome.code : undefined
  const signal = signalOf(code)
  const finished_at = isoTime(facts.finishedAt)
  const strays = facts.strays?.length ? { strays: facts.strays } : {}
  const result = {
    ...(facts.startedAt === undefined
      ? {}
      : {
          started_at: isoTime(facts.startedAt),
          duration_ms: Math.max(0, Math.round(facts.finishedAt - facts.startedAt)),
        }),
    ...(code === undefined ? {} : { exit_code: code }),
    ...(signal === undefined ? {} : { signal }),
    ...(outcome.kind === 'timed_out' ? { timed_out: true as const } : {}),
    ...strays,
  }
  const run: Run = {
    run: facts.run,
    ...(verdict.countsAttempt ? { attempt: attempts } : {}),
    outcome: verdict.ending,
    ...(facts.worker === undefined ? {} : { worker: facts.worker }),
    ...(facts.slot === undefined ? {} : { slot: facts.slot }),
    ...result,
    finished_at,
    ...(verdict.error === undefined ? {} : { error: verdict.error }),
  }
  return {
    ...withoutResult(job),
    ...result,
    state: verdict.to,
    attempts,
    interruptions: job.interruptions + (outcome.kind === 'interrupted' ? 1 : 0),
    retry_laters: job.retry_laters + (verdict.ending === 'retry_later' ? 1 : 0),
    ...(facts.worker === undefined ? {} : { worker: facts.worker }),
    updated_at: finished_at,
    finished_at,
    ...(verdict.to === 'failed' && verdict.due !== undefined ? { next_retry_at: isoTime(verdict.due) } : {}),
    ...(outcome.kind === 'cancelled' ? { cancelled: { at: finished_at, reason: outcome.reason } } : {}),
    ...(verdict.error === undefined ? {} : { last_error: verdict.error }),
    history: [...job.history, run],
  }
}

/** The record when a run starts: run number, worker and slot set, the result of the last run removed. */
export const startedRecord = (job: Job, facts: { run: number; worker: string; slot: number; at: number }): Job => ({
  ...(isRetriedByHand(job) ? retriedRecord(job, facts.at) : withoutResult(job)),
  state: 'processing',
  runs: facts.run,
  worker: facts.worker,
  slot: facts.slot,
  started_at: isoTime(facts.at),
  updated_at: isoTime(facts.at),
})

/**
 * Was a pending job moved here with `mv` from `dead/` or `done/`? That is a retry like any other. A record without
 * `finished_at` was started since, and put back before it ran.
 */
const isRetriedByHand = (job: Job): boolean =>
  job.cancelled !== undefined ||
  (job.finished_at !== undefined && job.history.length > 0 && isOver(destinationOf(job, 0).to))

/** The record of a job that is retried: attempts start from zero, history is kept. */
export const retriedRecord = (job: Job, now: number): Job => ({
  ...withoutResult(job),
  state: 'pending',
  attempts: 0,
  interruptions: 0,
  retry_laters: 0,
  updated_at: isoTime(now),
})

/** The record with attempts from zero if they were used up: then the file was moved to `pending/` by hand. */
export const resetIfUsedUp = (job: Job, now: number): Job =>
  job.attempts >= job.max_retries || job.interruptions > MAX_INTERRUPTIONS || job.retry_laters > MAX_RETRY_LATERS
    ? retriedRecord(job, now)
    : job

/** The record of a job that is cancelled while it is not running. */
export const cancelledRecord = (job: Job, reason: string, now: number, because?: string): Job => ({
  ...job,
  state: 'dead',
  updated_at: isoTime(now),
  finished_at: isoTime(now),
  cancelled: { at: isoTime(now), reason, ...(because === undefined ? {} : { because }) },
  last_error: `cancelled: ${reason}`,
})

/** The record without the result of the last run, which stays in `history`. */
export function withoutResult(job: Job): Job {
  const {
    exit_code: _code,
    signal: _signal,
    timed_out: _timedOut,
    cancelled: _cancelled,
    last_error: _lastError,
    duration_ms: _duration,
    started_at: _started,
    finished_at: _finished,
    next_retry_at: _next,
    worker: _worker,
    slot: _slot,
    strays: _strays,
    ...rest
  } = job
  return rest
}

/**
 * The state for a record that was stamped with a counted run but not moved, because the process died in between. Times
 * in milliseconds.
 */
export function destinationOf(job: Job, now: number): Pick<Verdict, 'to' | 'due'> {
  const ending = job.history.at(-1)?.outcome
  if (ending === 'completed') return { to: 'completed' }
  if (ending === 'given_back') return { to: 'pending' }
  if (ending === 'interrupted') return { to: job.interruptions > MAX_INTERRUPTIONS ? 'dead' : 'pending' }
  if (job.next_retry_at === undefined) return { to: 'dead' }
  return { to: 'failed', due: Date.parse(job.next_retry_at) || now }
}

/**
 * The state a held job is released to (`due` from its name, both in ms): the one it waited in if it is not due yet,
 * else `pending`.
 */
export function releasedTo(job: Job, due: number, now: number): 'pending' | 'scheduled' | 'failed' {
  if (due <= now) return 'pending'
  if (job.next_retry_at !== undefined) return 'failed'
  return job.runs === 0 && job.run_at !== undefined ? 'scheduled' : 'pending'
}
