/**
 * Events as they are told, by whichever process. Watching only shortens the wait: a timed look finds everything.
 */
import { ChangeWaiter } from '../disk/watcher.ts'
import type { Home } from '../spool/layout.ts'
import { dayFile, days, type Event, parseEvent } from './journal.ts'
import { Tail } from '../disk/tail.ts'

/** A day is looked at this long after the next one has begun: somebody may have read the clock just before midnight. */
const DAYS_KEPT = 2

/** Every event that is told from now on, until aborted. */
export async function* followEvents(home: Home, end: AbortSignal): AsyncGenerator<Event> {
  const tails = new Map(days(home).map((day) => [day, Tail.atEnd(dayFile(home, day))]))
  const waiter = new ChangeWaiter()
  waiter.watch(home.journal)
  try {
    while (!end.aborted) {
      for (const day of days(home).slice(-DAYS_KEPT)) {
        const tail = tails.get(day) ?? new Tail(dayFile(home, day), 0)
        tails.set(day, tail)
        for (const line of tail.lines()) {
          const event = parseEvent(line)
          if (event) yield event
        }
      }
      await waiter.next(end)
    }
  } finally {
    waiter.close()
  }
}
