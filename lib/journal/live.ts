/**
 * The journal for a long-running reader: read once, then as it grows. Keeps the totals and the time series, and passes each
 * new event on. Reads only.
 */
import { monotonicMs } from '../clock.ts'
import type { Home } from '../spool/layout.ts'
import { ChangeFeed } from '../disk/change-feed.ts'
import { dayFile, days, type Event, OPEN_DAYS, parseEvent } from './journal.ts'
import { type Metrics, metricsOf, Tally } from './metrics.ts'
import { Series } from './timeseries.ts'
import { Tail } from '../disk/tail.ts'
import { readTotals } from './totals.ts'

/** How often to read without a reported change (ms). */
const RESCAN_MS = 1000
/** How much of a file is read at once (bytes). */
const BLOCK_BYTES = 262_144
/** How long to read without letting other work of the process go first (ms), and how long to pause then. */
const SLICE_MS = 8
const PAUSE_MS = 2
/** This many queues have time series of their own. */
const MAX_QUEUES = 100

/** The queue of a job, by its id. Events do not say it. */
export type QueueOf = (id: string) => string | undefined

/** How far the journal has been read. Offsets of one day are in order. */
export interface JournalOffset {
  /** UTC, `2026-01-31`. */
  readonly day: string
  /** Bytes. */
  readonly offset: number
}

export class LiveJournal {
  readonly #home: Home
  readonly #feed: ChangeFeed
  readonly #tails = new Map<string, Tail>()
  readonly #tally = new Tally()
  readonly series = new Series()
  readonly #byQueue = new Map<string, Series>()
  readonly #queueOf: QueueOf
  readonly #listeners = new Set<(events: readonly Event[]) => void>()
  /** Days that the totals contained when this was opened. */
  #folded: readonly string[] = []
  #isComplete = false

  private constructor(home: Home, queueOf: QueueOf) {
    this.#home = home
    this.#queueOf = queueOf
    const scan = (): void => this.#scan()
    this.#feed = new ChangeFeed({ apply: scan, rescan: scan, rescanMs: RESCAN_MS })
  }

  /**
   * Begins to read, and goes on in the background until closed.
   * @param queueOf the queue of a job; undefined when it is not known (any more)
   */
  static open(home: Home, queueOf: QueueOf = () => undefined): LiveJournal {
    const journal = new LiveJournal(home, queueOf)
    const totals = readTotals(home)
    journal.#tally.merge(totals)
    journal.#folded = totals.folded
    journal.#feed.watcher.add(home.journal)
    journal.#feed.start()
    journal.#scan()
    return journal
  }

  /** Reads what has been written by now, unless the past is still being read. */
  upToDate(): this {
    if (this.#isComplete) this.#feed.flush()
    return this
  }

  /** Has all of the past been read? */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** How often each event has happened, and how long completed runs took (to within half a percent). */
  get metrics(): Metrics {
    return metricsOf(this.#tally.totals)
  }

  /** The time series of the jobs of one queue that are still kept. */
  seriesOf(queue: string): Series {
    return this.#byQueue.get(queue) ?? new Series()
  }

  /** How far the journal has been read; undefined while it is empty. */
  get position(): JournalOffset | undefined {
    const last = [...this.#tails].at(-1)
    return last && { day: last[0], offset: last[1].position }
  }

  /** Calls `listener` with new events soon after they are written. Returns the function that ends this. */
  listen(listener: (events: readonly Event[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#feed.close()
  }

  #scan(): void {
    const end = monotonicMs() + SLICE_MS
    const news: Event[] = []
    let isMore = false
    for (const day of this.#days()) {
      const tail = this.#tails.get(day) ?? new Tail(dayFile(this.#home, day), 0)
      this.#tails.set(day, tail)
      for (;;) {
        const before = tail.position
        for (const line of tail.lines(BLOCK_BYTES)) {
          const event = parseEvent(line)
          if (event) this.#add(event, news)
        }
        if (tail.position === before) break
        isMore = monotonicMs() > end
        if (isMore) break
      }
      if (isMore) break
    }
    if (news.length > 0) for (const listener of this.#listeners) listener(news)
    this.#isComplete ||= !isMore
    if (isMore) this.#feed.rescanWithin(PAUSE_MS)
  }

  #add(event: Event, news: Event[]): void {
    this.#tally.add(event)
    this.series.add(event)
    const queue = this.#queueOf(event.job)
    if (queue !== undefined) this.#seriesFor(queue)?.add(event)
    if (this.#isComplete) news.push(event)
  }

  /** Undefined for a queue that is one too many. */
  #seriesFor(queue: string): Series | undefined {
    const known = this.#byQueue.get(queue)
    if (known || this.#byQueue.size >= MAX_QUEUES) return known
    const series = new Series()
    this.#byQueue.set(queue, series)
    return series
  }

  /** At first all days that the totals do not contain, then only those to which events may still be added. */
  #days(): string[] {
    const uncounted = days(this.#home).filter((day) => !this.#folded.includes(day))
    return this.#isComplete ? uncounted.slice(-OPEN_DAYS) : uncounted
  }
}
