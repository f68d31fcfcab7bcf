/**
 * Events as they are told, by whichever process. Watching only shortens the wait: a timed look finds everything.
 */
import { watch } from 'node:fs'
import { sleep } from '../clock.ts'
import type { Home } from '../spool/layout.ts'
import { dayFile, days, type Event, parseEvent } from './journal.ts'
import { Tail } from '../disk/tail.ts'

const LOOK_EVERY_MS = 1000
/** A day is looked at this long after the next one has begun: somebody may have read the clock just before midnight. */
const DAYS_KEPT = 2

/** Every event that is told from now on, until aborted. */
export async function* follow(home: Home, end: AbortSignal): AsyncGenerator<Event> {
  const tails = new Map(days(home).map((day) => [day, Tail.atEnd(dayFile(home, day))]))
  const bell = new Bell(home.journal, end)
  try {
    while (!end.aborted) {
      const heard = bell.next()
      for (const day of days(home).slice(-DAYS_KEPT)) {
        const tail = tails.get(day) ?? new Tail(dayFile(home, day), 0)
        tails.set(day, tail)
        for (const line of tail.lines()) {
          const event = parseEvent(line)
          if (event) yield event
        }
      }
      await heard
    }
  } finally {
    bell.close()
  }
}

/** Rings when something has changed in a directory, and every now and then. */
class Bell {
  #rung = new AbortController()
  readonly #watcher: ReturnType<typeof watch> | undefined
  readonly #end: AbortSignal
  readonly #ring = (): void => this.#rung.abort()

  constructor(dir: string, end: AbortSignal) {
    this.#end = end
    end.addEventListener('abort', this.#ring)
    try {
      this.#watcher = watch(dir, { persistent: false }, this.#ring)
      // No watches are left, or the directory went away: only the timer is left.
      this.#watcher.on('error', () => this.#watcher?.close())
    } catch {
      // As above.
      this.#watcher = undefined
    }
  }

  /** Resolves at the next ring, also one that comes before it is awaited. */
  next(): Promise<void> {
    this.#rung = new AbortController()
    if (this.#end.aborted) this.#rung.abort()
    return sleep(this.#rung.signal.aborted ? 0 : LOOK_EVERY_MS, this.#rung.signal)
  }

  close(): void {
    this.#watcher?.close()
    this.#end.removeEventListener('abort', this.#ring)
    this.#rung.abort()
  }
}
