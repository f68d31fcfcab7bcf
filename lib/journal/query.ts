/** Selects events of the past and, with `follow`, those that come. */
import { nowMs } from '../clock.ts'
import { utcDay } from '../job/time.ts'
import type { Home } from '../spool/layout.ts'
import { followEvents } from './follow.ts'
import { type Event, events, newestEvents } from './journal.ts'

export interface EventsOptions {
  /** Milliseconds since the epoch. */
  readonly since?: number
  /** How many past events at most (the newest). */
  readonly limit?: number
  /** Only events of this job. */
  readonly job?: string
  /** Goes on with new events. */
  readonly follow?: boolean
  /** Ends it. */
  readonly signal?: AbortSignal
}

/** An event is in its file at most this much (ms) after the time it carries. */
const MAX_DELAY_MS = 10_000

const NEVER = new AbortController().signal

export async function* queryEvents(home: Home, options: EventsOptions): AsyncGenerator<Event> {
  const { since = Number.NEGATIVE_INFINITY, limit, job, follow, signal = NEVER } = options
  const matches = (event: Event): boolean => (job === undefined || event.job === job) && !(Date.parse(event.at) < since)
  // Follow before the past is read, so that no event is missed in between.
  const coming = follow ? followEvents(home, signal) : undefined
  const startedAt = nowMs()
  const first = coming?.next()
  // A failure is thrown where this is awaited.
  first?.catch(() => {})
  const given = new Set<string>()
  const from = Number.isFinite(since) ? { from: utcDay(since) } : {}
  const past = limit === undefined ? events(home, from) : newestEvents(home, matches, limit)
  for await (const event of past) {
    if (signal.aborted) return
    if (!matches(event)) continue
    if (coming && !(Date.parse(event.at) < startedAt - MAX_DELAY_MS)) given.add(JSON.stringify(event))
    yield event
  }
  if (!coming) return
  for (let next = await first; next && !next.done; next = await coming.next()) {
    if (!matches(next.value) || given.delete(JSON.stringify(next.value))) continue
    yield next.value
  }
}
