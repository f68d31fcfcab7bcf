/** Follows the journal as events are written to it by any process. */
import { ChangeWaiter } from '../disk/watcher.ts'
import type { Home } from '../spool/layout.ts'
import { dayFile, days, type Event, OPEN_DAYS, parseEvent } from './journal.ts'
import { Tail } from '../disk/tail.ts'

/** Every event that is written from now on, until `signal` is aborted. */
export async function* followEvents(home: Home, signal: AbortSignal): AsyncGenerator<Event> {
  const tails = new Map(days(home).map((day) => [day, Tail.atEnd(dayFile(home, day))]))
  const waiter = new ChangeWaiter()
  waiter.watch(home.journal)
  try {
    while (!signal.aborted) {
      for (const day of days(home).slice(-OPEN_DAYS)) {
        const tail = tails.get(day) ?? new Tail(dayFile(home, day), 0)
        tails.set(day, tail)
        for (const line of tail.lines()) {
          const event = parseEvent(line)
          if (event) yield event
        }
      }
      await waiter.next(signal)
    }
  } finally {
    waiter.close()
  }
}
