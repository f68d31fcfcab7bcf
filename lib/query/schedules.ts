/** Lists schedules: when each occurs, what it has done, and what is wrong with it. */
import { nowMs } from '../clock.ts'
import { scheduledId } from '../job/file-name.ts'
import { shownState } from '../job/state.ts'
import { isoTime } from '../job/time.ts'
import type { Deed } from '../schedule/decide.ts'
import { nextAfter } from '../schedule/occurrences.ts'
import { isBad, type Schedule } from '../schedule/schedule.ts'
import { timingWords, warningsOf } from '../schedule/words.ts'
import type { Home } from '../spool/layout.ts'
import { findExact } from '../spool/lookup.ts'
import { generationsOf, isPaused, pauseReason, readSchedule, scheduleNames } from '../spool/schedules.ts'

/** What it did about one of its times. */
export interface Occurrence {
  readonly at: string
  readonly did: Deed
  /** The job that was made. */
  readonly job?: string
}

export interface ScheduleInfo {
  readonly name: string
  readonly state: 'on' | 'paused' | 'bad' | 'over'
  /** In words; of a bad one what is wrong with it. */
  readonly when: string
  /** Why it is paused. */
  readonly reason?: string
  readonly next: string | null
  readonly last: (Occurrence & { readonly state?: string }) | null
  /** How many jobs it has made. */
  readonly runs: number
  readonly warnings: readonly string[]
  readonly description?: string
}

/** Sorted by name. */
export const scheduleInfos = (home: Home): ScheduleInfo[] =>
  scheduleNames(home).flatMap((name) => scheduleInfo(home, name) ?? [])

/** Undefined: there is no such schedule. */
export function scheduleInfo(home: Home, name: string): ScheduleInfo | undefined {
  const schedule = readSchedule(home, name)
  if (!schedule) return undefined
  const now = nowMs()
  const generations = generationsOf(home, name)
  const last = generations.find(({ deed }) => deed !== 'began')
  const runs = generations[0]?.runs ?? 0
  const shown = last && occurrenceOf(name, last)
  const state = shown?.job === undefined ? undefined : findExact(home, shown.job)?.state
  const about = {
    name,
    last: shown ? { ...shown, ...(state === undefined ? {} : { state: shownState(state) }) } : null,
    runs,
  }
  if (isBad(schedule)) return { ...about, state: 'bad', when: schedule.bad, next: null, warnings: [] }
  const { description } = schedule
  const more = {
    ...about,
    when: timingWords(schedule),
    warnings: warningsOf(schedule, now),
    ...(description === undefined ? {} : { description }),
  }
  if (isPaused(home, name)) {
    const reason = pauseReason(home, name)
    return { ...more, state: 'paused', next: null, ...(reason === '' ? {} : { reason }) }
  }
  const after = Math.max(generations[0]?.at ?? now, now - 1)
  const [next] =
    schedule.maxRuns !== undefined && runs >= schedule.maxRuns ? [] : nextTimes(schedule, after, 1, generations[0]?.at)
  return { ...more, state: next === undefined ? 'over' : 'on', next: next === undefined ? null : isoTime(next) }
}

/** The next times of one that is there and neither paused, bad nor over. */
export function timesOf(home: Home, name: string, count: number): number[] {
  const schedule = readSchedule(home, name)
  if (!schedule || isBad(schedule) || isPaused(home, name)) return []
  const [last] = generationsOf(home, name)
  const left = schedule.maxRuns === undefined ? count : Math.min(count, schedule.maxRuns - (last?.runs ?? 0))
  const now = nowMs()
  return left <= 0 ? [] : nextTimes(schedule, Math.max(last?.at ?? now, now - 1), left, last?.at)
}

const occurrenceOf = (name: string, { at, number, deed }: { at: number; number: number; deed: Deed }): Occurrence => ({
  at: isoTime(at),
  did: deed,
  ...(deed === 'fired' ? { job: scheduledId(name, at, number) } : {}),
})

/** What it has done, newest first. */
export const scheduleHistory = (home: Home, name: string): Occurrence[] =>
  generationsOf(home, name).map((one) => occurrenceOf(name, one))

/** The next times of a schedule after one (ms). @param last the time it decided about last, from which steps are counted */
export function nextTimes(schedule: Schedule, after: number, count: number, last = after): number[] {
  const { timing, from, until = Number.POSITIVE_INFINITY } = schedule
  const origin = timing.kind === 'every' ? (from ?? Math.floor(last / 1000) * 1000) : 0
  const times: number[] = []
  if (count === 0) return times
  for (
    let at = nextAfter(timing, Math.max(after, (from ?? 0) - 1), origin);
    at !== undefined && at <= until;
    at = nextAfter(timing, at, origin)
  ) {
    times.push(at)
    if (times.length >= count) break
  }
  return times
}
