/**
 * Keeps what a worker knows of `pending/`: candidates for its next claims, dropped files to take in, and when the next
 * scan is due.
 */
import { join } from 'node:path'
import { monotonicMs } from '../clock.ts'
import { type PendingName, type PendingOptions, PendingList } from '../spool/pending.ts'
import { exists } from '../disk/files.ts'
import type { PassedOver } from './passed-over.ts'

/** The directory of the entries that are listed here. */
const PENDING = 'pending/'

/** The pause after a scan, as a multiple of the time it took: scans take at most a tenth of the time. */
const IDLE_FACTOR = 9

/** How many names of one rank a worker chooses from for each other worker, and at most. */
const REACH_PER_PEER = 32
const MAX_REACH = 512

/**
 * How many names of one rank a worker that has so many others beside it chooses from. If all went for the oldest, all but
 * one would lose it, and the next one again.
 */
export const reachBeside = (peers: number): number => Math.max(1, Math.min(MAX_REACH, REACH_PER_PEER * peers))

export class WorkList {
  readonly #dir: string
  readonly #candidates: PendingList
  readonly #passedOver: PassedOver
  /** The directory may hold files that are not listed here. */
  #isStale = true
  #nextScan = 0
  /** A file was dropped since {@link dropped} was last called. */
  #hasDropped = false

  /**
   * @param passedOver the entries left alone, by their path in the home
   * @param options which names are candidates
   */
  constructor(dir: string, passedOver: PassedOver, options: PendingOptions) {
    this.#dir = dir
    this.#passedOver = passedOver
    this.#candidates = new PendingList(options)
  }

  /** Notes that a file appeared or disappeared; undefined: any may have. False: it disappeared. */
  noteChange(fileName: string | undefined): boolean {
    if (fileName === undefined) this.#isStale = true
    else if (!exists(join(this.#dir, fileName))) {
      this.#candidates.drop(fileName)
      return false
    } else if (this.#candidates.add(fileName) === 'dropped') this.#hasDropped = true
    return true
  }

  /** Asks for a scan: files may have appeared unnoticed. */
  markStale(): void {
    this.#isStale = true
  }

  get isEmpty(): boolean {
    return this.#candidates.isEmpty
  }

  /** When the next scan is due, on the monotonic clock; Infinity while the list has what there is to claim. */
  get nextScan(): number {
    return this.#isStale || this.#candidates.isDry ? this.#nextScan : Number.POSITIVE_INFINITY
  }

  /** Scans the directory, unless the pause after the last scan is not over. */
  scan(): void {
    const begun = monotonicMs()
    if (begun < this.#nextScan) return
    this.#candidates.scan(this.#dir)
    this.#isStale = false
    const end = monotonicMs()
    this.#nextScan = end + IDLE_FACTOR * (end - begun)
  }

  /** Takes the next candidate off the list. */
  next(): PendingName | undefined {
    for (const entry of this.#passedOver.due())
      if (entry.startsWith(PENDING) && exists(join(this.#dir, entry.slice(PENDING.length))))
        this.#candidates.add(entry.slice(PENDING.length))
    // A queue that has run dry may have a better name than the others.
    if (this.#candidates.isDry || (this.#isStale && this.#candidates.isEmpty)) this.scan()
    for (;;) {
      const next = this.#candidates.take()
      if (!next || !this.#passedOver.has(PENDING + next.fileName)) return next
    }
  }

  get hasDropped(): boolean {
    return this.#hasDropped
  }

  /** The names of dropped files; each stays until {@link forget}. */
  dropped(): readonly string[] {
    this.#hasDropped = false
    return this.#candidates.dropped
  }

  forget(fileName: string): void {
    this.#candidates.forget(fileName)
  }
}
