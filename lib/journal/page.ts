/** The journal page by page, newest first, and from a place on: only what is asked for is read. */
import { linesBackwards } from '../disk/read.ts'
import type { Home } from '../spool/layout.ts'
import { dayFile, days, type Event, parseEvent } from './journal.ts'
import type { JournalOffset } from './live.ts'
import { Tail } from '../disk/tail.ts'

const BLOCK = 65_536

export interface EventPage {
  /** Newest first. */
  readonly items: readonly Event[]
  /** Older ones lie before it; undefined when there are none. */
  readonly next: JournalOffset | undefined
}

export interface EventSearch {
  readonly matches: (event: Event) => boolean
  readonly limit: number
  /** Only what lies before this place. */
  readonly before: JournalOffset | undefined
  /** Not older than this (ms). */
  readonly since: number
}

/** A page may look at so many bytes; what matches is perhaps further back: then the page is short and has a next one. */
const MOST = 64 * 1024 * 1024
/** Events are told a little after they happened, some by clocks that differ. */
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
      if (items.length >= limit || read > MOST) return { items, next: { day, offset } }
    }
  }
  return { items, next: undefined }
}

/** The events told since a place, oldest first; undefined when there are more than `most`, or the place is none. */
export function eventsSince(home: Home, { day: from, offset }: JournalOffset, most: number): Event[] | undefined {
  const later = days(home).filter((day) => day >= from)
  if (!later.includes(from)) return undefined
  const found: Event[] = []
  for (const day of later) {
    const tail = new Tail(dayFile(home, day), day === from ? offset : 0)
    for (let lines = tail.lines(BLOCK); lines.length > 0; lines = tail.lines(BLOCK)) {
      found.push(...lines.flatMap((line) => parseEvent(line) ?? []))
      if (found.length > most) return undefined
    }
  }
  return found
}
