/** A schedule, as its file `schedules/<name>.json` says it. Pure. */
import { QueueError } from '../errors.ts'
import { refuseInexactNumbers } from '../job/exact-numbers.ts'
import type { JobRequest } from '../job/job.ts'
import { readForeign } from '../job/spelling.ts'
import { parseDuration, parseInstant } from '../job/time.ts'
import { isZone, nextAfter, shortestDistance, type Timing, whyNotPattern } from './occurrences.ts'
import { MISSED, OVERLAP } from './terms.ts'

export interface Schedule {
  readonly name: string
  readonly timing: Timing
  readonly missed: (typeof MISSED)[number]
  /** With `missed: all`, how many at most. */
  readonly maxMissed: number
  /** With `missed: skip`, how late (ms) an occurrence may still be fired. */
  readonly grace: number
  readonly overlap: (typeof OVERLAP)[number]
  /** The job is made up to this much later (ms), by chance that is the same for everybody. */
  readonly jitter: number
  /** Milliseconds since the epoch. */
  readonly from?: number
  readonly until?: number
  readonly maxRuns?: number
  readonly description?: string
  /** The request of each job. */
  readonly job: JobRequest
}

/** A file that cannot be obeyed: nothing fires. */
export interface BadSchedule {
  readonly bad: string
}

export const isBad = (schedule: Schedule | BadSchedule): schedule is BadSchedule => 'bad' in schedule

/** Every member of the file, in the order of the documentation, and what it means. */
export const SCHEDULE_MEMBERS = {
  cron: 'when: minute, hour, day of the month, month, day of the week; also @hourly, @daily, @weekly, @monthly, @yearly',
  every: 'or every so long, such as "10m"; whole seconds',
  seconds: 'true: cron has a sixth field before the others, of seconds',
  tz: 'the time zone of cron, such as "Europe/Berlin" or "UTC"',
  job: 'the job: any member of a job but id, run_at and after',
  missed: 'what becomes of times at which no worker was there: once (the last one is made up for; default), skip, all',
  max_missed: 'with all: how many at most (100)',
  grace: 'with skip: how late one may still be fired (60s)',
  overlap:
    'what happens while its last job is not finished: skip (default), queue (wait for it), allow, replace (cancel it)',
  jitter: 'up to how much later each job is made, such as "30s"',
  from: 'not before this time',
  until: 'not after this time',
  max_runs: 'how many jobs it makes in all',
  description: 'what it is for',
} as const

/** These are steps of enqueueing, which a schedule does not do: its job comes into view by one rename. */
const NOT_IN_JOB = [
  'id',
  'run_at',
  'after',
  'after_delay',
  'when_impossible',
  'unique',
  'unique_while',
  'on_conflict',
  'batch',
  'array',
] as const

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** Why a text cannot name a schedule; undefined when it can. */
export const whyNotScheduleName = (name: string): string | undefined =>
  NAME.test(name) && !name.endsWith('.json') && !name.endsWith('.paused')
    ? undefined
    : 'a name is 1 to 64 letters, digits, dots, dashes and underscores, and starts with a letter or digit'

/** The file as text, for those who write one. */
export const printSchedule = (members: Readonly<Record<string, unknown>>): string =>
  `${JSON.stringify(members, undefined, 2)}\n`

/** Reads a file. @param text undefined: there is something that cannot be read. @param now milliseconds */
export function parseSchedule(name: string, text: string | undefined, now: number): Schedule | BadSchedule {
  if (text === undefined) return { bad: 'it cannot be read' }
  try {
    const value: unknown = JSON.parse(text)
    // The members that its jobs get belong to the person, as those of any job.
    refuseInexactNumbers(text)
    return read(name, value, now)
  } catch (error) {
    if (error instanceof SyntaxError) return { bad: `it is no JSON: ${error.message}` }
    if (error instanceof Refused || error instanceof QueueError)
      return { bad: error.message.replace(/^invalid job: /, 'its job: ') }
    throw error
  }
}

class Refused extends Error {}

function refuse(why: string): never {
  throw new Refused(why)
}

function read(name: string, value: unknown, now: number): Schedule {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse('it is no JSON object')
  const given = value as Readonly<Record<string, unknown>>
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(SCHEDULE_MEMBERS, key))
  if (unknown !== undefined)
    refuse(`there is no member ${JSON.stringify(unknown)}; there are ${Object.keys(SCHEDULE_MEMBERS).join(', ')}`)
  const timing = timingOf(given)
  const jitter = milliseconds(given, 'jitter') ?? 0
  const schedule: Schedule = {
    name,
    timing,
    missed: word(given, 'missed', MISSED) ?? 'once',
    maxMissed: whole(given, 'max_missed', 1000) ?? 100,
    grace: milliseconds(given, 'grace') ?? 60_000,
    overlap: word(given, 'overlap', OVERLAP) ?? 'skip',
    jitter,
    ...optional('from', instant(given, 'from')),
    ...optional('until', instant(given, 'until')),
    ...optional('maxRuns', whole(given, 'max_runs', 1_000_000_000)),
    ...optional('description', textOf(given, 'description')),
    job: jobOf(given.job, now),
  }
  const first = nextAfter(timing, schedule.from ?? now, schedule.from)
  if (first === undefined) refuse('cron: it never occurs')
  if (jitter > 0 && jitter >= shortestDistance(timing, now))
    refuse('jitter: it must be shorter than the shortest time between two occurrences')
  return schedule
}

const optional = <N extends string, V>(name: N, value: V | undefined): { [K in N]?: V } =>
  (value === undefined ? {} : { [name]: value }) as { [K in N]?: V }

function timingOf(given: Readonly<Record<string, unknown>>): Timing {
  const { cron, every, seconds, tz } = given
  if ((cron === undefined) === (every === undefined)) refuse('it must have one of cron and every')
  if (seconds !== undefined && typeof seconds !== 'boolean') refuse('seconds: expected true or false')
  if (every !== undefined) {
    if (tz !== undefined || seconds !== undefined) refuse('tz and seconds go with cron')
    const step = typeof every === 'string' ? parseDuration(every) : undefined
    if (step === undefined || !Number.isSafeInteger(step) || step < 1 || step > 366 * 86_400)
      refuse(`every: expected a time of whole seconds from 1s to 366d, such as "10m", not ${JSON.stringify(every)}`)
    return { kind: 'every', seconds: step }
  }
  if (typeof cron !== 'string') refuse(`cron: expected a text, not ${JSON.stringify(cron)}`)
  if (tz === undefined) refuse('it says no time zone: tz, such as "Europe/Berlin" or "UTC"')
  if (typeof tz !== 'string' || !isZone(tz)) refuse(`tz: there is no time zone ${JSON.stringify(tz)}`)
  const why = whyNotPattern(cron, seconds === true)
  if (why !== undefined) refuse(`cron: ${JSON.stringify(cron)}: ${why}`)
  return { kind: 'cron', pattern: cron.trim(), tz, hasSeconds: seconds === true }
}

function jobOf(job: unknown, now: number): JobRequest {
  if (typeof job !== 'object' || job === null || Array.isArray(job))
    refuse('job: expected an object, such as {"command": "./backup.sh"}')
  const { request } = readForeign(job, now)
  const odd = NOT_IN_JOB.find((name) => Object.hasOwn(request, name) || Object.hasOwn(job, name))
  if (odd !== undefined) refuse(`job: ${odd} is of a single job, and a schedule makes many`)
  return request
}

function word<W extends string>(
  given: Readonly<Record<string, unknown>>,
  name: string,
  words: readonly W[],
): W | undefined {
  const value = given[name]
  if (value === undefined) return undefined
  return (
    words.find((one) => one === value) ??
    refuse(`${name}: expected one of ${words.join(', ')}, not ${JSON.stringify(value)}`)
  )
}

function textOf(given: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = given[name]
  if (value === undefined || typeof value === 'string') return value
  return refuse(`${name}: expected a text`)
}

function whole(given: Readonly<Record<string, unknown>>, name: string, most: number): number | undefined {
  const value = given[name]
  if (value === undefined) return undefined
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most) return value as number
  return refuse(`${name}: expected a whole number from 1 to ${most}, not ${JSON.stringify(value)}`)
}

function milliseconds(given: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = textOf(given, name)
  const seconds = value === undefined ? undefined : parseDuration(value)
  if (value !== undefined && seconds === undefined)
    refuse(`${name}: expected a time such as "30s", not ${JSON.stringify(value)}`)
  return seconds === undefined ? undefined : seconds * 1000
}

function instant(given: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = textOf(given, name)
  const at = value === undefined ? undefined : parseInstant(value)
  if (value !== undefined && at === undefined)
    refuse(`${name}: expected a date such as 2026-12-31T23:59:00Z, not ${JSON.stringify(value)}`)
  return at
}
