/**
 * The record of a plain job: as `enqueue` made it, never run, with nothing in it that needs the general code. Pure.
 *
 * It is recognised by hand and in one pass, because every job of a long line passes here: what is not known to be plain
 * is read by `parse.ts`, which refuses what is wrong and says why. So a member that is new, odd or wrong need not be
 * thought of here.
 */
import type { JobName } from './file-name.ts'
import type { Job } from './job.ts'
import { isOddName } from './variable-names.ts'

/** Does this value suit the member of a plain job? Members that are not listed, no plain job has. */
const SUITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  command: (value) =>
    typeof value === 'string'
      ? value.trim() !== '' && !value.startsWith('#!')
      : isTexts(value) && value.length > 0 && value[0] !== '' && !value[0]?.startsWith('-'),
  cwd: (value) => typeof value === 'string' && value.startsWith('/'),
  env: (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).every((name) => !isOddName(name)) &&
    isTexts(Object.values(value)),
  // What the file name says goes before these.
  id: () => true,
  queue: () => true,
  priority: () => true,
  max_retries: (value) => isWhole(value) && value >= 1 && value <= 1000,
  timeout: (value) => typeof value === 'number' && value >= 0 && value <= 31_536_000,
  state: () => true,
  attempts: (value) => value === 0,
  runs: (value) => value === 0,
  interruptions: (value) => value === 0,
  retry_laters: (value) => value === 0,
  created_at: (value) => typeof value === 'string',
  updated_at: (value) => typeof value === 'string',
  history: (value) => Array.isArray(value) && value.length === 0,
}

/** Without these it is no record that `enqueue` made. */
const NEEDED = [
  'command',
  'max_retries',
  'attempts',
  'runs',
  'interruptions',
  'retry_laters',
  'created_at',
  'updated_at',
  'history',
]

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
const isWhole = (value: unknown): value is number => Number.isInteger(value)

/** The job in the text of a file of this name, as `readJob` reads it; undefined when it is not a plain one. */
export function plainJob(text: string, name: JobName): Job | undefined {
  // An escaped character may be a NUL or half of one.
  if (text.includes('\\u')) return undefined
  let job: Record<string, unknown>
  try {
    job = JSON.parse(text) as Record<string, unknown>
  } catch {
    // The general code says what is wrong with it.
    return undefined
  }
  if (typeof job !== 'object' || job === null) return undefined
  for (const member in job) if (!Object.hasOwn(SUITS, member) || !SUITS[member]?.(job[member])) return undefined
  for (const member of NEEDED) if (job[member] === undefined) return undefined
  job.id = name.id
  job.queue = name.queue
  job.priority = name.priority
  job.state = 'processing'
  return job as unknown as Job
}
