/** Decides what follows from how a run ended. Pure: time and chance are arguments. */
import type { Ending, Job } from './job.ts'

/** After this many interruptions a job is started once more; the next interruption makes it dead. */
export const MAX_INTERRUPTIONS = 5
/** After this many requests to be run later, the next one makes a job dead. */
export const MAX_RETRY_LATERS = 100

/** Milliseconds between SIGTERM and SIGKILL. */
export const GRACE_MS = 10_000

/** The defaults a job may override. Seconds, except `jitter` (0 to 1). */
export interface RetryPolicy {
  readonly backoff_base: number
  readonly max_backoff: number
  readonly jitter: number
}

/** How a run ended. {@link decide} turns it into a verdict. */
export type Outcome =
  | {
      readonly kind: 'exited'
      readonly code: number
      readonly error?: string
      /** The disk was full when it ended. */
      readonly diskFull?: true
      /** The kernel ended it for lack of memory. */
      readonly oomKilled?: true
    }
  /** The worker ended it because it took longer than its timeout. */
  | { readonly kind: 'timed_out'; readonly seconds: number; readonly code?: number; readonly error?: string }
  /** The worker ended it because the job was cancelled. */
  | { readonly kind: 'cancelled'; readonly reason: string; readonly code?: number }
  /** The worker ended it because the worker itself was stopped at once. */
  | { readonly kind: 'given_back'; readonly code?: number }
  /** It was ended from outside and left no exit record. */
  | { readonly kind: 'interrupted' }
  /** Whether it is over cannot be told: a process may be alive that is not visible. `what` says how it is known. */
  | { readonly kind: 'hidden'; readonly what: string }

/** The state a job goes to, and when it is due there (milliseconds since the epoch). */
export interface Verdict {
  readonly to: 'completed' | 'failed' | 'dead' | 'pending'
  readonly ending: Ending
  readonly countsAttempt: boolean
  readonly due?: number
  readonly error?: string
}

/** Seconds to the next attempt after `n` failures; `random` in [0, 1) scales the jitter. */
export function backoffSeconds(n: number, policy: RetryPolicy, random: number): number {
  const delay = Math.min(policy.max_backoff, policy.backoff_base ** n)
  return delay * (1 + policy.jitter * random)
}

/** The configured retry policy with the job's own values. */
export const policyOf = (job: Job, config: RetryPolicy): RetryPolicy => ({
  backoff_base: job.backoff_base ?? config.backoff_base,
  max_backoff: job.max_backoff ?? config.max_backoff,
  jitter: job.jitter ?? config.jitter,
})

/** The verdict on a run that ended at `now` (ms); `job` is the record from before the run is counted. */
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
      // On a full disk no command can work: no attempt is used. MAX_RETRY_LATERS ends a job that fills the disk itself.
      if (outcome.diskFull || job.retry_later_codes?.includes(outcome.code)) {
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
  const full =
    outcome.kind !== 'exited'
      ? what
      : outcome.oomKilled
        ? 'killed for lack of memory (oom_kill)'
        : outcome.diskFull
          ? `${what}, on a full disk`
          : what
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
 * The signal that exit code 128+n stands for. A shell reports `exit 137` and a command ended by SIGKILL alike; like
 * shells do, read it as the signal.
 */
export const signalOf = (code: number | undefined): string | undefined => SIGNALS[(code ?? 0) - 128]

/**
 * Is a job in `failed/` due (instants in ms)? A due time later than any backoff allows means that the clock was set
 * back: due now.
 */
export const isRetryDue = (due: number, now: number, maxBackoffSeconds: number): boolean =>
  due <= now || due > now + maxBackoffSeconds * 2000
