/** Says in words when a schedule occurs, and what people get wrong about it. Pure. */
import { isFixed, nextAfter, wallTime } from './occurrences.ts'
import type { Schedule } from './schedule.ts'

const two = (n: string): string => n.padStart(2, '0')
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** Such as `at 02:30 every day, Europe/Berlin`; a pattern that has no simple words is itself. */
export function timingWords({ timing }: Pick<Schedule, 'timing'>): string {
  if (timing.kind === 'every') return `every ${shortDuration(timing.seconds)}`
  return `${patternWords(timing.pattern)}, ${timing.tz}`
}

function shortDuration(seconds: number): string {
  for (const [unit, length] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const)
    if (seconds % length === 0) return `${seconds / length}${unit}`
  return `${seconds}s`
}

const NICKNAMES: Readonly<Record<string, string>> = {
  '@hourly': 'at the start of every hour',
  '@daily': 'at 00:00 every day',
  '@midnight': 'at 00:00 every day',
  '@weekly': 'at 00:00 on Sunday',
  '@monthly': 'at 00:00 on day 1 of the month',
  '@yearly': 'at 00:00 on 1 January',
  '@annually': 'at 00:00 on 1 January',
}

function patternWords(pattern: string): string {
  const nickname = NICKNAMES[pattern.toLowerCase()]
  if (nickname !== undefined) return nickname
  const fields = pattern.split(/\s+/)
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields
  if (fields.length !== 5 || month !== '*' || (day !== '*' && weekday !== '*')) return pattern
  const on = day !== '*' ? dayWords(day) : weekday === '*' ? 'every day' : weekdayWords(weekday)
  if (on === undefined) return pattern
  if (/^\d+$/.test(minute) && /^\d+$/.test(hour)) return `at ${two(hour)}:${two(minute)} ${on}`
  const suffix = on === 'every day' ? '' : ` ${on}`
  if (minute === '*' && hour === '*') return `every minute${suffix}`
  const [, step] = /^\*\/(\d+)$/.exec(minute) ?? []
  if (step !== undefined && hour === '*') return `every ${step} minutes of the hour${suffix}`
  if (/^\d+$/.test(minute) && hour === '*') return `at minute ${minute} of every hour${suffix}`
  return pattern
}

const dayWords = (day: string): string | undefined =>
  /^\d+$/.test(day) ? `on day ${day} of the month` : day === 'L' ? 'on the last day of the month' : undefined

function weekdayWords(weekday: string): string | undefined {
  if (weekday === '1-5' || /^mon-fri$/i.test(weekday)) return 'on weekdays'
  const names = weekday.split(',').map((one) => {
    if (/^[0-7]$/.test(one)) return DAYS[Number(one) % 7]
    return DAYS.find((name) => name.slice(0, 3).toLowerCase() === one.toLowerCase())
  })
  return names.every((name) => name !== undefined) ? `on ${names.join(', ')}` : undefined
}

/** What is allowed and seldom meant. @param now milliseconds */
export function warningsOf({ timing }: Pick<Schedule, 'timing'>, now: number): string[] {
  if (timing.kind === 'every') return []
  const fields = timing.pattern.split(/\s+/).slice(timing.hasSeconds ? 1 : 0)
  const [minute = '', hour = '', day = '', , weekday = ''] = fields
  const warnings: string[] = []
  if (fields.length === 5) {
    for (const [field, whole, what] of [
      [minute, 60, 'hour'],
      [hour, 24, 'day'],
    ] as const) {
      const step = Number(/^\*\/(\d+)$/.exec(field)?.[1] ?? 0)
      if (step > 0 && whole % step !== 0)
        warnings.push(`${field} begins anew at each ${what}, so the last step is shorter; for equal steps: every`)
    }
    if (!day.startsWith('*') && !weekday.startsWith('*'))
      warnings.push('a day of the month and a day of the week are either, not both, as in cron')
    if (Number(day) > 28) warnings.push(`not every month has a day ${day}; the last one is L`)
  }
  const gap = isFixed(timing.pattern) ? gapIn(timing.tz, timing, now) : undefined
  if (gap !== undefined) warnings.push(gap)
  return warnings
}

const DAY_MS = 86_400_000

/** Does it occur, within a year, in an hour that clocks skip? */
function gapIn(tz: string, timing: Schedule['timing'], now: number): string | undefined {
  if (timing.kind !== 'cron') return undefined
  const [, minutes = '', hours = ''] = /^(\S+) (\S+)/.exec(timing.pattern) ?? []
  if (!/^\d+$/.test(minutes) || !/^\d+$/.test(hours)) return undefined
  const own = `${two(hours)}:${two(minutes)}`
  const timeOfDay = (ms: number): string => wallTime(tz, ms).slice(11, 16)
  // Every occurrence of a year takes long to find, and only those of a day on which clocks change can be moved.
  for (let day = now; day < now + 366 * DAY_MS; day += DAY_MS) {
    if (timeOfDay(day) === timeOfDay(day + DAY_MS)) continue
    let at = nextAfter(timing, day)
    for (; at !== undefined && at <= day + DAY_MS; at = nextAfter(timing, at)) {
      // A time of the day that it has at no other day is one that was moved.
      const time = timeOfDay(at)
      if (time !== own) return `on the day on which clocks skip ${own} in ${tz} it occurs at ${time}`
    }
  }
  return undefined
}
