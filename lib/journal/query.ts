/** The events that somebody asks for: of the past, and then, if he wants, those that come. */
import { nowMs } from '../clock.ts'
import { utcDay } from '../job/time.ts'
import type { Home } from '../spool/layout.ts'
import { followEvents } from './follow.ts'
import { type Event, events, newestEvents } from './journal.ts'

export interface EventsOptions {
  /** Milliseconds since the epoch. */
  readonly since?: number
  /** The newest so many of the past at most. */
  readonly limit?: number
  /** Only those of this job. */
  readonly job?: string
  /** Goes on with each event as it is told, until aborted. */
  readonly follow?: AbortSignal
}

/** An event this much older (ms) than our beginning to listen was in its file by then. */
const MEANWHILE_MS = 10_000

export async function* queryEvents(home: Home, options: EventsOptions): AsyncGenerator<Event> {
  const { since = Number.NEGATIVE_INFINITY, limit, job } = options
  const isMeant = (event: Event): boolean => (job === undefined || event.job === job) && !(Date.parse(event.at) < since)
  // Listening begins before the past is read, so that nothing falls between the two.
  const coming = options.follow && followEvents(home, options.follow)
  const begun = nowMs()
  const first = coming?.next()
  // Should it fail, that is told where it is awaited.
  first?.catch(() => {})
  const told = new Set<string>()
  const from = Number.isFinite(since) ? { from: utcDay(since) } : {}
  const past = limit === undefined ? events(home, from) : newestEvents(home, isMeant, limit)
  for await (const event of past) {
    if (options.follow?.aborted) return
    if (!isMeant(event)) continue
    if (coming && !(Date.parse(event.at) < begun - MEANWHILE_MS)) told.add(JSON.stringify(event))
    yield event
  }
  if (!coming) return
  for (let next = await first; next && !next.done; next = await coming.next()) {
    if (!isMeant(next.value) || told.delete(JSON.stringify(next.value))) continue
    yield next.value
  }
}
