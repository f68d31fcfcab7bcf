/** Events into numbers. Pure but for reading what it is given. */
import type { Event, EventKind } from './journal.ts'

export interface Metrics {
  /** How often each event happened. */
  readonly events: Readonly<Record<EventKind, number>>
  readonly completed: number
  /** Jobs that went to the dead letter queue, cancelled ones apart. */
  readonly dead: number
  /** Jobs that a person did not want any more: cancelled, or their file removed while they ran. */
  readonly cancelled: number
  /** Of completed runs, in milliseconds; null while there is none. */
  readonly duration_ms: {
    readonly count: number
    readonly total: number
    readonly average: number | null
    readonly p50: number | null
    readonly p95: number | null
  }
  /** The newest events, newest first. */
  readonly recent: readonly Event[]
}

export const EVENT_KINDS: readonly EventKind[] = [
  'enqueued',
  'started',
  'adopted',
  'completed',
  'failed',
  'dlq',
  'cancelled',
  'interrupted',
  'given_back',
  'retried',
  'held',
  'released',
  'changed',
  'removed',
  'corrupt',
]

export async function summarize(source: AsyncIterable<Event>, recent: number): Promise<Metrics> {
  const counts = Object.fromEntries(EVENT_KINDS.map((kind) => [kind, 0])) as Record<EventKind, number>
  const durations: number[] = []
  let newest: Event[] = []
  for await (const event of source) {
    if (Object.hasOwn(counts, event.event)) counts[event.event]++
    if (event.event === 'completed' && typeof event.duration_ms === 'number') durations.push(event.duration_ms)
    newest.push(event)
    if (newest.length > 2 * recent + 100) newest = recent > 0 ? newest.slice(-recent) : []
  }
  durations.sort((a, b) => a - b)
  // Nearest rank: the smallest that at least this share does not exceed.
  const at = (share: number): number | null => durations[Math.ceil(share * durations.length) - 1] ?? null
  const total = durations.reduce((sum, ms) => sum + ms, 0)
  const average = durations.length === 0 ? null : total / durations.length
  return {
    events: counts,
    completed: counts.completed,
    dead: counts.dlq,
    cancelled: counts.cancelled + counts.removed,
    duration_ms: { count: durations.length, total, average, p50: at(0.5), p95: at(0.95) },
    recent: recent > 0 ? newest.slice(-recent).reverse() : [],
  }
}
