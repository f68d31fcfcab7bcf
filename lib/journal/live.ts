/**
 * The journal for a program that stays: read once, then as it grows. What has happened in numbers, and each event as it
 * is told. Reading only; watching shortens the wait, and a timed look finds everything.
 */
import { monotonicMs } from '../clock.ts'
import type { Home } from '../spool/layout.ts'
import { DirWatcher } from '../disk/watcher.ts'
import { dayFile, days, type Event, parseEvent } from './journal.ts'
import { type Metrics, metricsOf, Tally } from './metrics.ts'
import { Series } from './timeseries.ts'
import { Tail } from '../disk/tail.ts'
import { readTotals } from './totals.ts'

/** What happens within this time (ms) is looked at together, and how often one looks without having heard anything. */
const TOGETHER_MS = 20
const LOOK_MS = 1000
/** So much (bytes) is read without a pause, and how long (ms) that is while there is much. */
const LOT = 262_144
const PAUSE_MS = 2
/** A day is looked at this long after the next one has begun: somebody may have read the clock just before midnight. */
const DAYS_KEPT = 2

/** Where a reader of the journal is: everything before was read. Sorts as text by day only. */
export interface JournalOffset {
  readonly day: string
  readonly offset: number
}

export class LiveJournal {
  readonly #home: Home
  readonly #watching: DirWatcher
  readonly #tails = new Map<string, Tail>()
  readonly #tally = new Tally()
  readonly series = new Series()
  readonly #listeners = new Set<(events: readonly Event[]) => void>()
  /** Days that were counted in before we came. */
  #folded: readonly string[] = []
  #isComplete = false
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  private constructor(home: Home) {
    this.#home = home
    this.#watching = new DirWatcher(() => this.#soon(TOGETHER_MS))
  }

  /** Begins to read; it goes on in the background. */
  static open(home: Home): LiveJournal {
    const ledger = new LiveJournal(home)
    const kept = readTotals(home)
    ledger.#tally.merge(kept)
    ledger.#folded = kept.folded
    ledger.#watching.add(home.journal)
    ledger.#look()
    return ledger
  }

  /** What has been told by now is known, if the past is. */
  upToDate(): this {
    if (this.#isComplete && !this.#isClosed) this.#look()
    return this
  }

  /** Has all of the past been read? */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** How often each thing happened, ever, and how long completed runs took: to within half a percent. */
  get metrics(): Metrics {
    return metricsOf(this.#tally.totals)
  }

  /** Where it has read to. */
  get position(): JournalOffset | undefined {
    const last = [...this.#tails].at(-1)
    return last && { day: last[0], offset: last[1].position }
  }

  /** Calls `heard` with what has happened, soon after; not with what had happened before. The result ends it. */
  listen(heard: (events: readonly Event[]) => void): () => void {
    this.#listeners.add(heard)
    return () => this.#listeners.delete(heard)
  }

  close(): void {
    this.#isClosed = true
    this.#watching.close()
    clearTimeout(this.#timer)
  }

  #soon(ms: number): void {
    clearTimeout(this.#timer)
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#lookLater(), ms).unref()
  }

  /** As a timer does it: nobody is there to be told what goes wrong, such as that no descriptors are left. */
  #lookLater(): void {
    try {
      this.#look()
    } catch {
      // What was not read now is read the next time.
      this.#soon(LOOK_MS)
    }
  }

  #look(): void {
    const end = monotonicMs() + PAUSE_MS * 4
    const news: Event[] = []
    let isMore = false
    for (const day of this.#days()) {
      const tail = this.#tails.get(day) ?? new Tail(dayFile(this.#home, day), 0)
      this.#tails.set(day, tail)
      for (;;) {
        const before = tail.position
        for (const line of tail.lines(LOT)) {
          const event = parseEvent(line)
          if (event) this.#take(event, news)
        }
        if (tail.position === before) break
        isMore = monotonicMs() > end
        if (isMore) break
      }
      if (isMore) break
    }
    if (news.length > 0) for (const listener of this.#listeners) listener(news)
    this.#isComplete ||= !isMore
    this.#soon(isMore ? PAUSE_MS : LOOK_MS)
  }

  #take(event: Event, news: Event[]): void {
    this.#tally.add(event)
    this.series.add(event)
    // What had happened before we came is no news.
    if (this.#isComplete) news.push(event)
  }

  /** At first all that are not counted yet; then the last ones. */
  #days(): string[] {
    const there = days(this.#home).filter((day) => !this.#folded.includes(day))
    return this.#isComplete ? there.slice(-DAYS_KEPT) : there
  }
}
