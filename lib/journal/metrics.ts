/** Counts events: how often each happened, and how long completed runs took. */
import { type Event, EVENT_KINDS, type EventKind } from './journal.ts'

export interface Metrics {
  /** How often each event has happened. */
  readonly events: Readonly<Record<EventKind, number>>
  readonly completed: number
  /** Jobs that went to the dead letter queue, cancelled ones apart. */
  readonly dead: number
  /** Cancelled jobs, and those whose file was removed while they ran. */
  readonly cancelled: number
  /** Durations of completed runs, in milliseconds; null while there is none. */
  readonly duration_ms: {
    readonly count: number
    readonly total: number
    readonly average: number | null
    readonly p50: number | null
    readonly p95: number | null
  }
  /** For each bound (seconds), how many completed runs took no longer; to within half a percent. */
  readonly histogram: readonly (readonly [bound: number, runs: number])[]
  /** The newest events, newest first. */
  readonly recent: readonly Event[]
}

/** Counts and durations, also of events whose days have been folded. */
export interface Totals {
  readonly events: Readonly<Partial<Record<EventKind, number>>>
  /** Completed runs: how many, their sum in milliseconds, and for bucket n how many took about {@link PRECISION} ^ n ms. */
  readonly durations: {
    readonly count: number
    readonly total: number
    readonly buckets: Readonly<Record<string, number>>
  }
}

export const NO_TOTALS: Totals = { events: {}, durations: { count: 0, total: 0, buckets: {} } }

/** The bounds of the histogram (seconds). */
const BOUNDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400]

/** Durations in buckets are exact to within half a percent. */
const PRECISION = 1.01

const bucketOf = (ms: number): number => (ms < 1 ? 0 : Math.round(Math.log(ms) / Math.log(PRECISION)))

/** Adds up events and totals. */
export class Tally {
  readonly #events: Partial<Record<EventKind, number>> = {}
  readonly #buckets: Record<string, number> = {}
  #count = 0
  #total = 0

  add({ event, duration_ms: ms }: Event): void {
    this.#events[event] = (this.#events[event] ?? 0) + 1
    if (event === 'completed' && ms !== undefined) this.#addDurations(1, ms, { [bucketOf(ms)]: 1 })
  }

  merge({ events, durations }: Totals): void {
    for (const [kind, n] of Object.entries(events) as [EventKind, number][])
      this.#events[kind] = (this.#events[kind] ?? 0) + n
    this.#addDurations(durations.count, durations.total, durations.buckets)
  }

  #addDurations(count: number, total: number, buckets: Readonly<Record<string, number>>): void {
    this.#count += count
    this.#total += total
    for (const [bucket, n] of Object.entries(buckets)) this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + n
  }

  get totals(): Totals {
    return { events: this.#events, durations: { count: this.#count, total: this.#total, buckets: this.#buckets } }
  }
}

/** Metrics of events on top of totals, with the `recent` newest events. */
export async function summarize(
  source: AsyncIterable<Event>,
  recent: number,
  before: Totals = NO_TOTALS,
): Promise<Metrics> {
  const counts = Object.fromEntries(EVENT_KINDS.map((kind) => [kind, before.events[kind] ?? 0])) as Record<
    EventKind,
    number
  >
  /** Durations (ms), and how many runs took each. */
  const durations: [number, number][] = Object.entries(before.durations.buckets).map(([bucket, n]) => [
    PRECISION ** Number(bucket),
    n,
  ])
  let { count, total } = before.durations
  let newest: Event[] = []
  for await (const event of source) {
    if (Object.hasOwn(counts, event.event)) counts[event.event]++
    if (event.event === 'completed' && typeof event.duration_ms === 'number') {
      durations.push([event.duration_ms, 1])
      count++
      total += event.duration_ms
    }
    newest.push(event)
    if (newest.length > 2 * recent + 100) newest = recent > 0 ? newest.slice(-recent) : []
  }
  durations.sort(([a], [b]) => a - b)
  return buildMetrics(counts, { count, total, sorted: durations }, recent > 0 ? newest.slice(-recent).reverse() : [])
}

/** Metrics of totals, without recent events. */
export function metricsOf({ events, durations }: Totals): Metrics {
  const counts = Object.fromEntries(EVENT_KINDS.map((kind) => [kind, events[kind] ?? 0])) as Record<EventKind, number>
  const { count, total, buckets } = durations
  const sorted = Object.entries(buckets)
    .map(([bucket, n]): [number, number] => [PRECISION ** Number(bucket), n])
    .sort(([a], [b]) => a - b)
  return buildMetrics(counts, { count, total, sorted }, [])
}

function buildMetrics(
  counts: Record<EventKind, number>,
  /** `sorted`: durations (ms) and how many runs took each, shortest first. */
  { count, total, sorted }: { count: number; total: number; sorted: [number, number][] },
  recent: Metrics['recent'],
): Metrics {
  return {
    events: counts,
    completed: counts.completed,
    dead: counts.dlq,
    cancelled: counts.cancelled + counts.removed,
    duration_ms: {
      count,
      total,
      average: count === 0 ? null : total / count,
      p50: nearestRank(sorted, 0.5 * count),
      p95: nearestRank(sorted, 0.95 * count),
    },
    histogram: BOUNDS.map((bound) => [
      bound,
      sorted.reduce((runs, [ms, n]) => (ms <= bound * 1000 ? runs + n : runs), 0),
    ]),
    recent,
  }
}

/** The smallest value that at least `rank` values do not exceed. */
function nearestRank(sorted: readonly (readonly [number, number])[], rank: number): number | null {
  let below = 0
  for (const [value, n] of sorted) {
    below += n
    if (below >= rank) return value
  }
  return null
}
