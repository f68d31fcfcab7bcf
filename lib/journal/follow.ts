/** Follows the journal as events are written to it by any process. */
import { ChangeWaiter } from '../disk/watcher.ts'
import type { Home } from '../spool/layout.ts'
import { dayFile, days, type Event, OPEN_DAYS, parseEvent } from './journal.ts'
import type { JournalOffset } from './live.ts'
import { Tail } from '../disk/tail.ts'

/** An event, and where to go on after it. */
export interface Followed {
  readonly event: Event
  readonly next: JournalOffset
}

/**
 * Every event that is written from now on, or after an offset, until `signal` is aborted. Those of a day that is not kept any
 * more are left out.
 */
export async function* followOffsets(home: Home, signal: AbortSignal, from?: JournalOffset): AsyncGenerator<Followed> {
  const begin = (day: string): Tail => {
    if (from === undefined) return Tail.atEnd(dayFile(home, day))
    return day < from.day
      ? Tail.atEnd(dayFile(home, day))
      : new Tail(dayFile(home, day), day === from.day ? from.offset : 0)
  }
  const tails = new Map(days(home).map((day) => [day, begin(day)]))
  const waiter = new ChangeWaiter()
  waiter.watch(home.journal)
  try {
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const all = days(home)
      // Later no day but the last ones grows.
      for (const day of isFirst ? all : all.slice(-OPEN_DAYS)) {
        const tail = tails.get(day) ?? new Tail(dayFile(home, day), 0)
        tails.set(day, tail)
        let offset = tail.position
        for (const line of tail.lines()) {
          offset += Buffer.byteLength(line) + 1
          const event = parseEvent(line)
          if (event) yield { event, next: { day, offset } }
        }
      }
      await waiter.next(signal)
    }
  } finally {
    waiter.close()
  }
}

/** The same, events alone. */
export async function* followEvents(home: Home, signal: AbortSignal): AsyncGenerator<Event> {
  for await (const { event } of followOffsets(home, signal)) yield event
}
