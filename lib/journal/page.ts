/** The journal page by page, newest first, and from a place on: only what is asked for is read. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { errno } from '../errors.ts'
import type { Home } from '../spool/layout.ts'
import { dayFile, days, type Event, parseEvent } from './journal.ts'
import type { Place } from './live.ts'
import { Tail } from '../disk/tail.ts'

const BLOCK = 65_536

export interface EventPage {
  /** Newest first. */
  readonly items: readonly Event[]
  /** Older ones lie before it; undefined when there are none. */
  readonly next: Place | undefined
}

export interface EventSearch {
  readonly isMeant: (event: Event) => boolean
  readonly limit: number
  /** Only what lies before this place. */
  readonly before: Place | undefined
  /** Not older than this (ms). */
  readonly since: number
}

/** A page may look at so many bytes; what matches is perhaps further back: then the page is short and has a next one. */
const MOST = 64 * 1024 * 1024
/** Events are told a little after they happened, some by clocks that differ. */
const UNORDERED_MS = 60_000

export function pageOfEvents(home: Home, { isMeant, limit, before, since }: EventSearch): EventPage {
  const items: Event[] = []
  let read = 0
  for (const day of days(home).reverse()) {
    if (before && day > before.day) continue
    const end = before?.day === day ? before.offset : undefined
    for (const { line, offset } of backwards(dayFile(home, day), end)) {
      read += line.length
      const event = parseEvent(line)
      if (!event) continue
      const at = Date.parse(event.at)
      if (at < since - UNORDERED_MS) return { items, next: undefined }
      if (at >= since && isMeant(event)) items.push(event)
      if (items.length >= limit || read > MOST) return { items, next: { day, offset } }
    }
  }
  return { items, next: undefined }
}

/** The events told since a place, oldest first; undefined when there are more than `most`, or the place is none. */
export function eventsSince(home: Home, { day: from, offset }: Place, most: number): Event[] | undefined {
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

/** The whole lines of a file, the last one first, each with where it begins. */
function* backwards(path: string, end?: number): Generator<{ readonly line: string; readonly offset: number }> {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY)
  } catch (error) {
    if (errno(error) === 'ENOENT') return
    throw error
  }
  try {
    let at = Math.min(end ?? Number.POSITIVE_INFINITY, fstatSync(fd).size)
    let rest: Buffer = Buffer.alloc(0)
    while (at > 0) {
      const from = Math.max(0, at - BLOCK)
      const block = Buffer.alloc(at - from)
      readSync(fd, block, 0, block.length, from)
      rest = Buffer.concat([block, rest])
      at = from
      for (let last = rest.lastIndexOf(0x0a, -2); last >= 0; last = rest.lastIndexOf(0x0a, -2)) {
        const line = rest.toString('utf8', last + 1).trimEnd()
        rest = rest.subarray(0, last + 1)
        if (line !== '') yield { line, offset: at + last + 1 }
      }
    }
    const line = rest.toString('utf8').trimEnd()
    if (line !== '') yield { line, offset: 0 }
  } finally {
    closeSync(fd)
  }
}
