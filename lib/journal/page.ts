/** Reads the journal page by page, newest first, or onwards from an offset. */
import { linesBackwards } from '../disk/read.ts'
import type { Home } from '../spool/layout.ts'
import { dayFile, days, type Event, parseEvent } from './journal.ts'
import type { JournalOffset } from './live.ts'
import { Tail } from '../disk/tail.ts'

/** How much of a file is read at once (bytes). */
const BLOCK_BYTES = 65_536

export interface EventPage {
  /** Newest first. */
  readonly items: readonly Event[]
  /** Where the next page begins; undefined on the last one. */
  readonly next: JournalOffset | undefined
}

export interface EventSearch {
  readonly matches: (event: Event) => boolean
  readonly limit: number
  /** Only events before this offset. */
  readonly before: JournalOffset | undefined
  /** Only events since then, in milliseconds since the epoch. */
  readonly since: number
}

/** A page reads at most this much (bytes); then it is short, and `next` goes on from there. */
const MAX_BYTES = 64 * 1024 * 1024
/** Events may be out of order by this much (ms): each is recorded a little after it happened, by clocks that differ. */
const UNORDERED_MS = 60_000

export function pageOfEvents(home: Home, { matches, limit, before, since }: EventSearch): EventPage {
  const items: Event[] = []
  let read = 0
  for (const day of days(home).reverse()) {
    if (before && day > before.day) continue
    const end = before?.day === day ? before.offset : undefined
    for (const { line, offset } of linesBackwards(dayFile(home, day), end)) {
      read += line.length
      const event = parseEvent(line)
      if (!event) continue
      const at = Date.parse(event.at)
      if (at < since - UNORDERED_MS) return { items, next: undefined }
      if (at >= since && matches(event)) items.push(event)
      if (items.length >= limit || read > MAX_BYTES) return { items, next: { day, offset } }
    }
  }
  return { items, next: undefined }
}

/** The events recorded since an offset, oldest first; undefined when there are more than `max`, or the day is gone. */
export function eventsSince(home: Home, { day: from, offset }: JournalOffset, max: number): Event[] | undefined {
  const later = days(home).filter((day) => day >= from)
  if (!later.includes(from)) return undefined
  const found: Event[] = []
  for (const day of later) {
    const tail = new Tail(dayFile(home, day), day === from ? offset : 0)
    for (let lines = tail.lines(BLOCK_BYTES); lines.length > 0; lines = tail.lines(BLOCK_BYTES)) {
      found.push(...lines.flatMap((line) => parseEvent(line) ?? []))
      if (found.length > max) return undefined
    }
  }
  return found
}
