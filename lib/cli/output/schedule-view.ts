/** Shows schedules: tables, times, previews. */
import { visible } from '../../job/sanitize.ts'
import { roughDuration, timeUntil } from '../../job/time-text.ts'
import { isoTime } from '../../job/time.ts'
import type { TableColumn } from './table.ts'
import type { ScheduleInfo } from '../../queue.ts'
import { nextTimes } from '../../query/schedules.ts'
import { wallTime } from '../../schedule/occurrences.ts'
import type { Schedule } from '../../schedule/schedule.ts'
import { timingWords, warningsOf } from '../../schedule/words.ts'

/** The zone that a schedule's times are shown in: its own, else that of this machine. */
export const zoneOf = ({ timing }: Schedule): string =>
  timing.kind === 'cron' ? timing.tz : Intl.DateTimeFormat().resolvedOptions().timeZone

/** A time in a zone, such as `2026-11-27 02:30:00 Europe/Berlin`. */
export const zonedTime = (ms: number, tz: string): string => `${wallTime(tz, ms)} ${tz}`

/** When it occurs in words, its next times (ms), and what is seldom meant. */
export function previewLines(
  schedule: Schedule,
  now: number,
  times: readonly number[] = nextTimes(schedule, now, PREVIEWED),
): string[] {
  return [
    `  ${visible(timingWords(schedule))}`,
    ...times.map((at) => `  ${zonedTime(at, zoneOf(schedule))} (${timeUntil(isoTime(at), now)})`),
    ...warningsOf(schedule, now).map((warning) => `  note: ${warning}`),
  ]
}

/** How many next times a preview has. */
export const PREVIEWED = 3

/** How long ago a time was. */
export const timeAgo = (iso: string, now: number): string => `${roughDuration(Math.max(0, now - Date.parse(iso)))} ago`

export const SCHEDULE_HEAD: readonly (string | TableColumn)[] = [
  'NAME',
  { head: 'WHEN', most: 32, wraps: true },
  'NEXT',
  'LAST',
  'RESULT',
]

export function scheduleRow(info: ScheduleInfo, now: number): string[] {
  const { last } = info
  return [
    info.name,
    visible(info.state === 'bad' ? `BAD: ${info.when}` : info.when),
    info.next === null ? info.state : timeUntil(info.next, now),
    last === null ? '-' : timeAgo(last.at, now),
    last === null ? '-' : last.did === 'fired' ? (last.state ?? 'removed') : last.did,
  ]
}
