/** Counts events in steps of time: what happened in each minute of a day, and how long jobs waited and ran. Pure. */
import type { Event } from './journal.ts'

/** What is counted in each step. */
export const COUNTED = ['enqueued', 'started', 'completed', 'failed', 'dead', 'cancelled'] as const
export type EventCounts = Record<(typeof COUNTED)[number], number>

const KIND: Partial<Record<Event['event'], keyof EventCounts>> = {
  enqueued: 'enqueued',
  started: 'started',
  completed: 'completed',
  failed: 'failed',
  dlq: 'dead',
  cancelled: 'cancelled',
  removed: 'cancelled',
}

/** A distribution of durations (ms), exact to within two percent. */
export class Distribution {
  static readonly #LOG_STEP = Math.log(1.04)
  readonly #buckets = new Map<number, number>()
  #count = 0
  #total = 0

  add(ms: number): void {
    const bucket = ms < 1 ? 0 : Math.round(Math.log(ms) / Distribution.#LOG_STEP) + 1
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1)
    this.#count++
    this.#total += Math.max(0, ms)
  }

  merge(other: Distribution): void {
    for (const [bucket, n] of other.#buckets) this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + n)
    this.#count += other.#count
    this.#total += other.#total
  }

  /** The smallest duration that at least this share of them does not exceed; null when there are none. */
  at(share: number): number | null {
    let below = 0
    for (const [bucket, n] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      below += n
      if (below >= share * this.#count)
        return bucket === 0 ? 0 : Math.round(Math.exp((bucket - 1) * Distribution.#LOG_STEP))
    }
    return null
  }

  get summary(): Durations {
    const average = this.#count === 0 ? null : this.#total / this.#count
    return { count: this.#count, average, p50: this.at(0.5), p95: this.at(0.95) }
  }
}

export interface Durations {
  readonly count: number
  readonly average: number | null
  readonly p50: number | null
  readonly p95: number | null
}

/** What happened in one step. */
export class TimeStep {
  readonly counts: EventCounts = { enqueued: 0, started: 0, completed: 0, failed: 0, dead: 0, cancelled: 0 }
  readonly waited = new Distribution()
  readonly ran = new Distribution()

  merge(other: TimeStep): void {
    for (const kind of COUNTED) this.counts[kind] += other.counts[kind]
    this.waited.merge(other.waited)
    this.ran.merge(other.ran)
  }

  get summary(): EventCounts & { readonly wait_ms: Durations; readonly run_ms: Durations } {
    return { ...this.counts, wait_ms: this.waited.summary, run_ms: this.ran.summary }
  }
}

export const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** How many waiting jobs to remember (the newest). */
const MAX_WAITING = 200_000

/** The steps of the last day, a minute each. */
export class Series {
  readonly #minutes = new Map<number, TimeStep>()
  /** When each waiting job became ready (ms since the epoch). */
  readonly #ready = new Map<string, number>()

  add(event: Event): void {
    const at = Date.parse(event.at)
    if (Number.isNaN(at)) return
    const step = this.#step(Math.floor(at / MINUTE_MS))
    const kind = Object.hasOwn(KIND, event.event) ? KIND[event.event] : undefined
    if (kind) step.counts[kind]++
    if (event.event === 'completed' && event.duration_ms !== undefined) step.ran.add(event.duration_ms)
    const since = this.#ready.get(event.job)
    this.#ready.delete(event.job)
    if (event.event === 'started' && since !== undefined && since <= at) step.waited.add(at - since)
    if (!['enqueued', 'failed', 'retried', 'released', 'interrupted', 'given_back'].includes(event.event)) return
    this.#ready.set(event.job, Math.max(at, Date.parse(event.due ?? '') || at))
    for (const [oldest] of this.#ready) {
      if (this.#ready.size <= MAX_WAITING) break
      this.#ready.delete(oldest)
    }
  }

  #step(minute: number): TimeStep {
    const known = this.#minutes.get(minute)
    if (known) return known
    for (const old of this.#minutes.keys())
      if (old * MINUTE_MS < minute * MINUTE_MS - DAY_MS - 2 * MINUTE_MS) this.#minutes.delete(old)
    const step = new TimeStep()
    this.#minutes.set(minute, step)
    return step
  }

  /** All that was counted between two times (ms since the epoch), to the minute. */
  total(from: number, to: number): TimeStep {
    const all = new TimeStep()
    for (const { step } of this.between(from, to, MINUTE_MS)) all.merge(step)
    return all
  }

  /** The steps between two times (ms since the epoch), each `stepMs` long, oldest first. */
  between(from: number, to: number, stepMs: number): { readonly at: number; readonly step: TimeStep }[] {
    const steps: { at: number; step: TimeStep }[] = []
    for (let at = Math.floor(from / stepMs) * stepMs; at < to; at += stepMs) {
      const whole = new TimeStep()
      for (let minute = at / MINUTE_MS; minute < (at + stepMs) / MINUTE_MS; minute++) {
        const one = this.#minutes.get(minute)
        if (one) whole.merge(one)
      }
      steps.push({ at, step: whole })
    }
    return steps
  }
}
