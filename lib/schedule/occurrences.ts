/**
 * The times at which a schedule occurs. Pure. The only file that knows croner.
 *
 * Daylight saving as cron has it: a time in the hour that is skipped occurs at its end, once; a pattern whose minute and
 * hour are fixed occurs once in the hour that comes twice; one with `*` in either occurs at each real time.
 */
import { Cron } from 'croner'

/** When a schedule occurs: by a pattern in a time zone, or every so many seconds. */
export type Timing =
  | { readonly kind: 'cron'; readonly pattern: string; readonly tz: string; readonly hasSeconds: boolean }
  | { readonly kind: 'every'; readonly seconds: number }

const parsed = new Map<string, Cron>()

/** @throws Error for a pattern or a zone that is none */
function cronOf({ pattern, tz, hasSeconds }: Extract<Timing, { kind: 'cron' }>): Cron {
  const key = `${pattern}\n${tz}\n${hasSeconds}`
  let cron = parsed.get(key)
  if (!cron) {
    if (parsed.size > 1000) parsed.clear()
    const mode = hasSeconds ? '6-part' : '5-part'
    cron = new Cron(pattern, { timezone: tz, paused: true, mode, domAndDow: false })
    parsed.set(key, cron)
  }
  return cron
}

/** Why this is no pattern, in a clause; undefined when it is one. */
export function whyNotPattern(pattern: string, hasSeconds: boolean): string | undefined {
  if (/^\s*@reboot\b/i.test(pattern)) return '@reboot names no time; use a service, or every'
  if (/(^|[\s,/])H/.test(pattern)) return 'H is of Jenkins; write a number, or use jitter'
  const fields = pattern.trim().split(/\s+/)
  const count = hasSeconds ? 6 : 5
  if (!pattern.trim().startsWith('@') && fields.length !== count) {
    const six = fields.length === 6 && !hasSeconds ? '; for a first field of seconds say "seconds": true' : ''
    return `it has ${fields.length} fields, and must have ${count}: ${hasSeconds ? 'second, ' : ''}minute, hour, day of the month, month, day of the week${six}`
  }
  const [minute = '', hour = ''] = fields.slice(hasSeconds ? 1 : 0)
  const tooLong = stepOf(minute) >= 60 ? minute : stepOf(hour) >= 24 ? hour : undefined
  if (tooLong !== undefined) return `${tooLong}: the step is longer than what it divides`
  try {
    cronOf({ kind: 'cron', pattern, tz: 'UTC', hasSeconds })
    return undefined
  } catch (error) {
    return plainly(error)
  }
}

const stepOf = (field: string): number => Number(/\/(\d+)$/.exec(field)?.[1] ?? 0)

/** The words of the library without its name. */
const plainly = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, '').split('\n')[0] ?? ''

export function isZone(tz: string): boolean {
  try {
    // A zone such as +01:00 knows no summer time.
    return /^[A-Za-z]/.test(tz) && new Intl.DateTimeFormat('en', { timeZone: tz }).format(0) !== ''
  } catch {
    return false
  }
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** The time on the wall in a zone. */
export function wallTime(tz: string, ms: number): string {
  let format = formats.get(tz)
  if (!format) {
    format = new Intl.DateTimeFormat('sv', { timeZone: tz, dateStyle: 'short', timeStyle: 'medium' })
    formats.set(tz, format)
  }
  return format.format(ms)
}

/** Do minute and hour stand for fixed times of the day? */
export function isFixed(pattern: string): boolean {
  const [minute = '*', hour = '*'] = pattern.trim().split(/\s+/).slice(-5)
  return !pattern.trim().startsWith('@') && !minute.startsWith('*') && !hour.startsWith('*')
}

/** By how much clocks are set back, in minutes, wherever that happens. */
const SET_BACK = [30, 60, 90, 120, 180]

/** Has this time on the wall been before, since the clocks were set back? */
const isSecond = (tz: string, ms: number): boolean =>
  SET_BACK.some((minutes) => wallTime(tz, ms - minutes * 60_000) === wallTime(tz, ms))

/**
 * The first occurrence after a time, in milliseconds; undefined when there is none.
 * @param from for a timing by seconds: where these are counted from
 */
export function nextAfter(timing: Timing, after: number, from = 0): number | undefined {
  if (timing.kind === 'every') {
    const step = timing.seconds * 1000
    return after < from ? from : from + (Math.floor((after - from) / step) + 1) * step
  }
  const cron = cronOf(timing)
  let at = after
  do {
    const next = cron.nextRun(new Date(at))?.getTime()
    if (next === undefined) return undefined
    // What it fires at must rise, or it would fire again and again.
    if (next <= at) throw new Error(`the next occurrence after ${new Date(at).toISOString()} is not later`)
    at = next
  } while (isFixed(timing.pattern) && isSecond(timing.tz, at))
  return at
}

/** How far back is looked for the last occurrences, one after the other, in milliseconds. */
const LOOK_BACK = [60_000, 3_600_000, 86_400_000, 32 * 86_400_000, 366 * 86_400_000]

/** The last occurrences after `after` and up to `until`, oldest first: `most` of them at most. */
export function lastBetween(
  timing: Timing,
  { after, until, most, from = 0 }: { after: number; until: number; most: number; from?: number },
): number[] {
  if (timing.kind === 'every') {
    const found: number[] = []
    const step = timing.seconds * 1000
    for (let at = from + Math.floor((until - from) / step) * step; at > after && found.length < most; at -= step)
      if (at >= from) found.unshift(at)
    return found
  }
  for (const back of [...LOOK_BACK, Number.POSITIVE_INFINITY]) {
    const begin = Math.max(after, until - back)
    const found: number[] = []
    for (let at = nextAfter(timing, begin); at !== undefined && at <= until; at = nextAfter(timing, at)) found.push(at)
    if (found.length >= most || begin === after) return found.slice(-most)
  }
  return []
}

/** The shortest distance of two occurrences, as the next ones show it, in milliseconds. */
export function shortestDistance(timing: Timing, now: number): number {
  if (timing.kind === 'every') return timing.seconds * 1000
  let shortest = Number.POSITIVE_INFINITY
  let at = nextAfter(timing, now)
  for (let n = 0; n < 64 && at !== undefined; n++) {
    const next = nextAfter(timing, at)
    if (next === undefined) break
    shortest = Math.min(shortest, next - at)
    at = next
  }
  return shortest
}
