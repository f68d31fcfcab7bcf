/** What a job's record says after each change of state. Pure. */
import { isOver } from './state.ts'
import type { Job, Run } from './job.ts'
import { isoTime } from './time.ts'
import { MAX_INTERRUPTIONS, MAX_RETRY_LATERS, type Outcome, signalOf, type Verdict } from './decide.ts'

/** What is known of a run when it has ended. Times in milliseconds since the epoch. */
export interface RunFacts {
  readonly run: number
  readonly worker?: string
  readonly slot?: number
  readonly startedAt?: number
  readonly finishedAt: number
  readonly strays?: readonly number[]
}

/** The job's record once the run is counted and the verdict is in: what is stamped before the move. */
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

/** The record as a run starts: counted, signed, and cleared of what the last run left. */
export const startedRecord = (job: Job, facts: { run: number; worker: string; slot: number; at: number }): Job => ({
  ...(isSentBackByHand(job) ? retriedRecord(job, facts.at) : withoutResult(job)),
  state: 'processing',
  runs: facts.run,
  worker: facts.worker,
  slot: facts.slot,
  started_at: isoTime(facts.at),
  updated_at: isoTime(facts.at),
})

/**
 * Was a pending job put there by a person's `mv`, out of `dead/` or `done/`? That is a retry like any other. A record
 * that is not finished was begun since, and given back before it ran.
 */
const isSentBackByHand = (job: Job): boolean =>
  job.cancelled !== undefined ||
  (job.finished_at !== undefined && job.history.length > 0 && isOver(destinationOf(job, 0).to))

/** The record of a job a person sends back: attempts from zero, history kept. */
export const retriedRecord = (job: Job, now: number): Job => ({
  ...withoutResult(job),
  state: 'pending',
  attempts: 0,
  interruptions: 0,
  retry_laters: 0,
  updated_at: isoTime(now),
})

/** A job whose attempts are used up was sent back by a person who moved its file: they start again from 0. */
export const resetIfUsedUp = (job: Job, now: number): Job =>
  job.attempts >= job.max_retries || job.interruptions > MAX_INTERRUPTIONS || job.retry_laters > MAX_RETRY_LATERS
    ? retriedRecord(job, now)
    : job

/** The record of a job that is cancelled while no run of it is going on. */
export const cancelledRecord = (job: Job, reason: string, now: number): Job => ({
  ...job,
  state: 'dead',
  updated_at: isoTime(now),
  finished_at: isoTime(now),
  cancelled: { at: isoTime(now), reason },
  last_error: `cancelled: ${reason}`,
})

/** The record without what its last run left in it; history keeps that. */
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
 * Where a record belongs whose last run is counted and whose move is missing, because whoever stamped it died in
 * between. Times in milliseconds.
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
 * Where a held job goes when it is released (`due` from its name, both in ms): back to its wait where there is one left,
 * else to run.
 */
export function releasedTo(job: Job, due: number, now: number): 'pending' | 'scheduled' | 'failed' {
  if (due <= now) return 'pending'
  if (job.next_retry_at !== undefined) return 'failed'
  return job.runs === 0 && job.run_at !== undefined ? 'scheduled' : 'pending'
}
