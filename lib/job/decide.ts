/**
 * What follows from how a run ended. Pure: no disk, no clock, no chance; everything comes in as an argument.
 */
import type { Ending, Job } from './job.ts'

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
  /** Whether it is over cannot be told: a process may be alive that is not visible. `what` says how it is known. */
  | { readonly kind: 'hidden'; readonly what: string }

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
    case 'hidden':
      return { to: 'dead', ending: 'interrupted', countsAttempt: false, error: outcome.what }
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
      const error = failureText(outcome)
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
      return afterFailure(failureText(outcome))
  }

  function afterFailure(error: string): Verdict {
    const n = job.attempts + 1
    if (n >= job.max_retries) return { to: 'dead', ending: 'failed', countsAttempt: true, error }
    return { to: 'failed', ending: 'failed', countsAttempt: true, due: later(n), error }
  }
}

function failureText(outcome: Extract<Outcome, { kind: 'exited' | 'timed_out' }>): string {
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

/**
 * Is a job in `failed/` due (instants in ms)? A due time further off than the backoff could ever have put it means
 * that the clock was set back: due now.
 */
export const isRetryDue = (due: number, now: number, maxBackoffSeconds: number): boolean =>
  due <= now || due > now + maxBackoffSeconds * 2000
