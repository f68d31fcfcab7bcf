/** Defines every setting: valid values, default and meaning. */
import * as t from 'typanion'
import { isHook, isHookSecret } from './hook-target.ts'
import { DEFAULT_MAX_RETRIES } from '../job/job.ts'
import { LIMITS } from '../job/value-limits.ts'
import { isAgeLimit, isCountLimit, isSizeLimit } from '../job/retention.ts'
import { DURABILITIES, type Durability } from '../disk/sync.ts'

export type Config = typeof DEFAULTS
export type ConfigKey = keyof Config

interface Setting {
  readonly isValid: (value: unknown, test: { errors: string[] }) => boolean
  readonly expected: string
  /** What it means and its unit, for `config list` and the manual. */
  readonly meaning: string
  /** Case matters: the value is kept as typed. */
  readonly isText?: true
  /** Shown by `config get`, not in lists. */
  readonly isSecret?: true
  /** A command or a URL; a URL's password is never shown. */
  readonly isHook?: true
}

const AGE = 'a duration such as 12h or 30d, or all'
const COUNT = 'a whole number, or all'
const SIZE = 'a size such as 500MB or 2GiB, or all'

const HOOK = 'a command line, a URL that starts with http:// or https://, or empty'

const hook = (event: string): Setting => ({
  isValid: isHook,
  expected: HOOK,
  meaning: `run whenever a job ${event}: a command that gets the job as JSON on stdin, or a URL that gets it by POST`,
  isText: true,
  isHook: true,
})

/** Every key, in the order of the documentation. */
export const SETTINGS: Record<ConfigKey, Setting> = {
  max_retries: {
    isValid: LIMITS.max_retries,
    expected: 'a whole number from 0 to 1000',
    meaning: 'how many attempts a job has, the first included; stored in the job when it is enqueued',
  },
  backoff_base: {
    isValid: LIMITS.backoff_base,
    expected: 'a number from 1 to 1000',
    meaning: 'after failed attempt n, the next one waits backoff-base ^ n seconds',
  },
  max_backoff: {
    isValid: LIMITS.max_backoff,
    expected: 'seconds, from 1 to 31536000',
    meaning: 'longest wait before a retry, in seconds',
  },
  jitter: {
    isValid: LIMITS.jitter,
    expected: 'a share from 0 to 1',
    meaning: 'random extra wait, up to this share of it',
  },
  timeout: {
    isValid: LIMITS.timeout,
    expected: 'seconds, from 0 (no limit) to 31536000',
    meaning: 'seconds an attempt may take, 0 for no limit',
  },
  default_priority: {
    isValid: LIMITS.priority,
    expected: 'a whole number from -999 to 999',
    meaning: 'priority of a job that sets none',
  },
  poll_interval: {
    isValid: t.cascade(t.isNumber(), t.isInInclusiveRange(0.1, 60)),
    expected: 'seconds, from 0.1 to 60',
    meaning: 'seconds between the scans that find what watching missed',
  },
  foreground: {
    isValid: t.isBoolean(),
    expected: 'true or false',
    meaning: 'whether `worker start` stays in the foreground',
  },
  durability: {
    isValid: t.isEnum(DURABILITIES),
    expected: DURABILITIES.join(', '),
    meaning: 'what is flushed to the disk, and so survives a power cut (queuectl help durability)',
  },
  max_log_bytes: {
    isValid: t.isOneOf([
      t.isLiteral(0),
      t.cascade(t.isNumber(), [t.isInteger(), t.isInInclusiveRange(131_072, 2 ** 50)]),
    ]),
    expected: 'bytes, 0 (no limit) or from 131072',
    meaning: 'bytes kept of each output of a run, from its start and its end; 0 for all',
  },
  keep_completed: {
    isValid: isAgeLimit,
    expected: AGE,
    meaning: 'how long workers keep completed jobs and their output',
  },
  keep_completed_count: {
    isValid: isCountLimit,
    expected: COUNT,
    meaning: 'how many completed jobs to keep (newest first)',
  },
  keep_completed_bytes: {
    isValid: isSizeLimit,
    expected: SIZE,
    meaning: 'disk space that completed jobs may take (newest first)',
  },
  keep_dead: { isValid: isAgeLimit, expected: AGE, meaning: 'how long workers keep dead jobs and their output' },
  keep_dead_count: {
    isValid: isCountLimit,
    expected: COUNT,
    meaning: 'how many dead jobs to keep (newest first)',
  },
  keep_dead_bytes: {
    isValid: isSizeLimit,
    expected: SIZE,
    meaning: 'disk space that dead jobs may take (newest first)',
  },
  keep_journal: {
    isValid: isAgeLimit,
    expected: AGE,
    meaning: 'how long single events and the logs of ended workers are kept; older days are folded into the totals',
  },
  on_completed: hook('completes'),
  on_failed: hook('fails and will be retried'),
  on_dead: hook('goes to the dead letter queue, unless it was cancelled'),
  on_cancelled: hook('is cancelled'),
  on_drained: {
    isValid: isHook,
    expected: HOOK,
    meaning: 'run when the last job ends and none is pending, failed or running',
    isText: true,
    isHook: true,
  },
  hook_timeout: {
    isValid: t.cascade(t.isNumber(), t.isInInclusiveRange(0.1, 3600)),
    expected: 'seconds, from 0.1 to 3600',
    meaning: 'seconds a hook may take',
  },
  hook_secret: {
    isValid: isHookSecret,
    expected: 'a text, or whsec_ and base64',
    meaning: 'key that signs the requests of hooks, as specified by standardwebhooks.com',
    isText: true,
    isSecret: true,
  },
}

/** The values used where neither the job nor the configuration sets one. Times are in seconds. */
export const DEFAULTS = {
  max_retries: DEFAULT_MAX_RETRIES,
  default_priority: 0,
  timeout: 300,
  backoff_base: 2,
  max_backoff: 3600,
  jitter: 0,
  poll_interval: 2,
  foreground: false,
  durability: 'enqueue' as Durability,
  max_log_bytes: 104_857_600,
  keep_completed: '30d',
  keep_completed_count: 'all',
  keep_completed_bytes: 'all',
  keep_dead: 'all',
  keep_dead_count: 'all',
  keep_dead_bytes: 'all',
  keep_journal: '90d',
  on_completed: '',
  on_failed: '',
  on_dead: '',
  on_cancelled: '',
  on_drained: '',
  hook_timeout: 10,
  hook_secret: '',
}
