/** Takes secrets out of a job that is shown to others. Pure. */
import type { Job } from './job.ts'

const HIDDEN = '[redacted]'
/** A shorter value is found in too many words. */
const LEAST_SECRET = 6

const SECRET = String.raw`[\w-]*(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|credentials?)[\w-]*`
const VALUE = String.raw`(?:"[^"]*"|'[^']*'|[^\s"'&;,}]+)`
const SECRET_NAME = new RegExp(`^-*${SECRET}$`, 'i')
/** `--token=x`, `PASSWORD=x`, `"secret": "x"`, `--password x`. */
const NAMED = new RegExp(String.raw`(?<![\w-])(-*${SECRET}["']?\s*[=:]\s*|--?${SECRET}\s+)${VALUE}`, 'gi')
const IN_URL = /(\b[a-z][\w+.-]*:\/\/)[^\s/@'"]+@/gi
const AUTHORIZATION = /\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi

/**
 * The job without the values of its environment and its input, and without what looks like a password, token or key in
 * its other texts. A best effort: read what is given away.
 */
export function redactJob(job: Job): Job {
  const secrets = Object.values(job.env ?? {})
    .filter((value) => value.length >= LEAST_SECRET)
    .toSorted((a, b) => b.length - a.length)
  const clean = (text: string): string =>
    secrets
      .reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text)
      .replace(IN_URL, `$1${HIDDEN}@`)
      .replace(AUTHORIZATION, `$1 ${HIDDEN}`)
      .replace(NAMED, `$1${HIDDEN}`)
  const cleanAll = (value: unknown): unknown => {
    if (typeof value === 'string') return clean(value)
    if (Array.isArray(value)) return value.map((one, i) => (isSecretName(value[i - 1]) ? HIDDEN : cleanAll(one)))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, SECRET_NAME.test(name) ? HIDDEN : cleanAll(one)]),
    )
  }
  const env = job.env && { env: Object.fromEntries(Object.keys(job.env).map((name) => [name, HIDDEN])) }
  return cleanAll({ ...job, ...env, ...(job.stdin === undefined ? {} : { stdin: HIDDEN }) }) as Job
}

/** An argument such as `--password`, whose value comes next. */
const isSecretName = (value: unknown): boolean =>
  typeof value === 'string' && value.startsWith('-') && SECRET_NAME.test(value)
