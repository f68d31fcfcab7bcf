/**
 * Decides what a schedule does now. Pure: no disk, no clock, no chance.
 *
 * What has been done is known by its last generation: the time that it decided about, what the schedule was like then, and
 * how many jobs it has made. Each decision but to wait makes the next generation, so none is made twice.
 */
import { lastBetween, nextAfter } from './occurrences.ts'
import type { Schedule } from './schedule.ts'

/**
 * - `began`: nothing was decided about; occurrences count from then. - `fired`: a job was made.
 * - `skipped`: its last job was not finished. - `missed`: no worker was there in time.
 */
export const DEEDS = ['began', 'fired', 'skipped', 'missed'] as const
export type Deed = (typeof DEEDS)[number]

export interface Generation {
  /** Counts up from 1. */
  readonly number: number
  /** The occurrence, in milliseconds; whole seconds. */
  readonly at: number
  /** Of what decides when the schedule occurs, its pause included. */
  readonly hash: string
  /** How many jobs were made, this one included. */
  readonly runs: number
  readonly deed: Deed
}

export interface Situation {
  readonly schedule: Schedule
  readonly hash: string
  readonly isPaused: boolean
  readonly last: Generation | undefined
  /** Milliseconds. */
  readonly now: number
  /** Is the job that it made last not finished? Asked only where that decides. */
  readonly isUnfinished: () => boolean
  /** How much later (ms) the job of this occurrence is made. */
  readonly jitterOf: (at: number) => number
}

export type Decision =
  /** Nothing to do until then (ms); Infinity: never, as things are. */
  | { readonly do: 'wait'; readonly until: number }
  /** Its last job is waited for, or is to be cancelled first. */
  | { readonly do: 'wait for its job' | 'cancel its job' }
  | {
      readonly do: 'make'
      readonly next: Omit<Generation, 'number'>
      /** How many occurrences before it come to nothing. */
      readonly passedOver: number
      /** The clock was set back, or the last occurrence lies too far ahead. */
      readonly isClockBack?: true
    }

/** A last occurrence that is further ahead (ms) was stamped by a clock that was wrong. */
const MOST_AHEAD_MS = 3_600_000

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000

export function decideSchedule(situation: Situation): Decision {
  const { schedule, hash, isPaused, last, now } = situation
  if (last === undefined || last.hash !== hash || last.at > now + MOST_AHEAD_MS) {
    const isClockBack = last !== undefined && last.hash === hash
    const next = { at: wholeSeconds(now), hash, runs: last?.runs ?? 0, deed: 'began' } as const
    return { do: 'make', next, passedOver: 0, ...(isClockBack ? { isClockBack: true } : {}) }
  }
  const { timing, maxRuns, until = Number.POSITIVE_INFINITY } = schedule
  if (isPaused || (maxRuns !== undefined && last.runs >= maxRuns))
    return { do: 'wait', until: Number.POSITIVE_INFINITY }
  // Just before, so that the very time is an occurrence.
  const after = Math.max(last.at, (schedule.from ?? Number.NEGATIVE_INFINITY) - 1)
  const origin = timing.kind === 'every' ? (schedule.from ?? last.at) : 0
  const first = nextAfter(timing, after, origin)
  if (first === undefined || first > until) return { do: 'wait', until: Number.POSITIVE_INFINITY }
  if (first + situation.jitterOf(first) > now) return { do: 'wait', until: first + situation.jitterOf(first) }
  return decideDue(situation, last, { after, origin, first })
}

function decideDue(
  { schedule, hash, now, isUnfinished, jitterOf }: Situation,
  last: Generation,
  { after, origin, first }: { readonly after: number; readonly origin: number; readonly first: number },
): Decision {
  const { timing, missed, maxMissed, until = Number.POSITIVE_INFINITY } = schedule
  // One more than is fired, since the last one may be put off by its jitter.
  const most = (missed === 'all' ? maxMissed : 1) + 1
  const due = lastBetween(timing, { after, until: Math.min(now, until), most, from: origin })
    .filter((at) => at + jitterOf(at) <= now)
    .slice(-(most - 1))
  const at = (missed === 'all' ? due[0] : due.at(-1)) ?? first
  const passedOver = at > first ? 1 : 0
  const make = (deed: Deed, runs: number): Decision => ({ do: 'make', next: { at, hash, runs, deed }, passedOver })
  if (missed === 'skip' && now - at - jitterOf(at) > schedule.grace) return make('missed', last.runs)
  if (schedule.overlap !== 'allow' && last.runs > 0 && isUnfinished()) {
    if (schedule.overlap === 'queue') return { do: 'wait for its job' }
    if (schedule.overlap === 'replace') return { do: 'cancel its job' }
    return make('skipped', last.runs)
  }
  return make('fired', last.runs + 1)
}
