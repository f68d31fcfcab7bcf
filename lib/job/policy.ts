/**
 * What follows from how a run ended. Pure: no disk, no clock, no chance; everything comes in as an argument.
 */
import type { Ending, Job, Run } from './job.ts'
import { isoTime } from './time.ts'

/** An interrupted job that is started again this often and interrupted once more is poison. */
export const MAX_INTERRUPTIONS = 5
/** A command that asks to be run later this often is not asked again. */
export const MAX_RETRY_LATERS = 100

/** Between the signal that asks a run to end and the one that makes it. */
export const GRACE_MS = 10_000

/** The defaults a job may override. Seconds, except `jitter` (0 to 1). */
export interface RetryPolicy {
  readonly backoff_base: number
  readonly max_backoff: number
  readonly jitter: number
}

/** How a run ended, before anything is concluded from it. */
export type Outcome =
  | {
      readonly kind: 'exited'
      readonly code: number
      readonly error?: string
      /** The disk was full when it ended. */
      readonly noRoom?: true
    }
  /** We ended it because it took longer than its timeout. */
  | { readonly kind: 'timed_out'; readonly seconds: number; readonly code?: number; readonly error?: string }
  /** We ended it because somebody cancelled the job. */
  | { readonly kind: 'cancelled'; readonly reason: string; readonly code?: number }
  /** We ended it because its worker was told to stop at once. */
  | { readonly kind: 'given_back'; readonly code?: number }
  /** It was cut off from outside and left no exit record. */
  | { readonly kind: 'interrupted' }

/** What to do with the job: where it goes, and when it is due there (milliseconds since the epoch). */
export interface Verdict {
  readonly to: 'completed' | 'failed' | 'dead' | 'pending'
  readonly ending: Ending
  readonly countsAttempt: boolean
  readonly due?: number
  readonly error?: string
}

/** Seconds before the next try after `n` failures; `random` in [0, 1) places the jitter. */
export function backoffSeconds(n: number, policy: RetryPolicy, random: number): number {
  const delay = Math.min(policy.max_backoff, policy.backoff_base ** n)
  return delay * (1 + policy.jitter * random)
}

/** The job's own retry policy where it has one, else the configured one. */
export const policyOf = (job: Job, config: RetryPolicy): RetryPolicy => ({
  backoff_base: job.backoff_base ?? config.backoff_base,
  max_backoff: job.max_backoff ?? config.max_backoff,
  jitter: job.jitter ?? config.jitter,
})

/** The verdict on a run of `job` (its record from before the run is counted) that ended at `now` (ms). */
export function decide(outcome: Outcome, job: Job, config: RetryPolicy, now: number, random: number): Verdict {
  const policy = policyOf(job, config)
  const later = (n: number): number => now + backoffSeconds(n, policy, random) * 1000
  switch (outcome.kind) {
    case 'cancelled':
      return { to: 'dead', ending: 'cancelled', countsAttempt: false, error: `cancelled: ${outcome.reason}` }
    case 'given_back':
      return { to: 'pending', ending: 'given_back', countsAttempt: false }
    case 'interrupted': {
      const error = 'interrupted: its processes ended without leaving an exit status'
      if (job.interruptions < MAX_INTERRUPTIONS)
        return { to: 'pending', ending: 'interrupted', countsAttempt: false, error }
      return {
        to: 'dead',
        ending: 'interrupted',
        countsAttempt: false,
        error: `${error}, ${job.interruptions + 1} times`,
      }
    }
    case 'exited': {
      if ((job.success_codes ?? [0]).includes(outcome.code))
        return { to: 'completed', ending: 'completed', countsAttempt: true }
      const error = failure(outcome)
      if (job.give_up_codes?.includes(outcome.code))
        return { to: 'dead', ending: 'gave_up', countsAttempt: true, error }
      // On a full disk nobody can do his work: no attempt is used, and a job that fills it itself ends all the same.
      if (outcome.noRoom || job.retry_later_codes?.includes(outcome.code)) {
        if (job.retry_laters >= MAX_RETRY_LATERS)
          return {
            to: 'dead',
            ending: 'retry_later',
            countsAttempt: false,
            error: `asked for a later run too often: ${error}`,
          }
        return { to: 'failed', ending: 'retry_later', countsAttempt: false, due: later(job.retry_laters + 1), error }
      }
      return afterFailure(error)
    }
    case 'timed_out':
      return afterFailure(failure(outcome))
  }

  function afterFailure(error: string): Verdict {
    const n = job.attempts + 1
    if (n >= job.max_retries) return { to: 'dead', ending: 'failed', countsAttempt: true, error }
    return { to: 'failed', ending: 'failed', countsAttempt: true, due: later(n), error }
  }
}

function failure(outcome: Extract<Outcome, { kind: 'exited' | 'timed_out' }>): string {
  const what =
    outcome.kind === 'timed_out'
      ? `timed out after ${outcome.seconds} s`
      : signalOf(outcome.code) === undefined
        ? `exit code ${outcome.code}`
        : `ended by ${signalOf(outcome.code)}`
  const full = outcome.kind === 'exited' && outcome.noRoom ? `${what}, on a full disk` : what
  return outcome.error === undefined || outcome.error === '' ? full : `${full}: ${outcome.error}`
}

const SIGNALS: Record<number, string> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  11: 'SIGSEGV',
  12: 'SIGUSR2',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
}

/**
 * The signal that exit code 128+n stands for. A shell cannot tell `exit 137` from a command ended by SIGKILL,
 * and neither can its caller; like every shell user we read it as the signal.
 */
export const signalOf = (code: number | undefined): string | undefined => SIGNALS[(code ?? 0) - 128]

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
export function settled(job: Job, outcome: Outcome, verdict: Verdict, facts: RunFacts): Job {
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
export const started = (job: Job, facts: { run: number; worker: string; slot: number; at: number }): Job => ({
  ...(isSentBackByHand(job) ? retried(job, facts.at) : withoutResult(job)),
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
  (job.finished_at !== undefined && job.history.length > 0 && ['dead', 'completed'].includes(restingPlace(job, 0).to))

/** The record of a job a person sends back: attempts from zero, history kept. */
export const retried = (job: Job, now: number): Job => ({
  ...withoutResult(job),
  state: 'pending',
  attempts: 0,
  interruptions: 0,
  retry_laters: 0,
  updated_at: isoTime(now),
})

/** A job whose attempts are used up was sent back by a person who moved its file: they start again from 0. */
export const anew = (job: Job, now: number): Job =>
  job.attempts >= job.max_retries || job.interruptions > MAX_INTERRUPTIONS || job.retry_laters > MAX_RETRY_LATERS
    ? retried(job, now)
    : job

/** The record of a job that is cancelled while no run of it is going on. */
export const cancelled = (job: Job, reason: string, now: number): Job => ({
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
export function restingPlace(job: Job, now: number): Pick<Verdict, 'to' | 'due'> {
  const ending = job.history.at(-1)?.outcome
  if (ending === 'completed') return { to: 'completed' }
  if (ending === 'given_back') return { to: 'pending' }
  if (ending === 'interrupted') return { to: job.interruptions > MAX_INTERRUPTIONS ? 'dead' : 'pending' }
  if (job.next_retry_at === undefined) return { to: 'dead' }
  return { to: 'failed', due: Date.parse(job.next_retry_at) || now }
}

/**
 * Is a job in `failed/` due (instants in ms)? A due time further off than the backoff could ever have put it means
 * that the clock was set back: due now.
 */
export const isRetryDue = (due: number, now: number, maxBackoffSeconds: number): boolean =>
  due <= now || due > now + maxBackoffSeconds * 2000

/**
 * Where a held job goes when it is released (`due` from its name, both in ms): back to its wait where there is one left,
 * else to run.
 */
export function releasedTo(job: Job, due: number, now: number): 'pending' | 'scheduled' | 'failed' {
  if (due <= now) return 'pending'
  if (job.next_retry_at !== undefined) return 'failed'
  return job.runs === 0 && job.run_at !== undefined ? 'scheduled' : 'pending'
}
