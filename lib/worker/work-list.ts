/**
 * Keeps what a worker knows of `pending/`: candidates for its next claims, dropped files to take in, and when the next
 * scan is due.
 */
import { join } from 'node:path'
import { monotonicMs } from '../clock.ts'
import { type PendingName, PendingList } from '../spool/pending.ts'
import { exists } from '../disk/files.ts'
import { PassedOver } from './passed-over.ts'

/** The pause after a scan, as a multiple of the time it took: scans take at most a tenth of the time. */
const IDLE_FACTOR = 9

export class WorkList {
  readonly #dir: string
  readonly #candidates: PendingList
  /** Jobs that cannot start yet. */
  readonly passedOver = new PassedOver()
  /** The directory may hold files that are not listed here. */
  #isStale = true
  #nextScan = 0
  /** A file was dropped since {@link dropped} was last called. */
  #hasDropped = false

  /** @param only the id of the only job to claim; undefined: any job */
  constructor(dir: string, only?: string) {
    this.#dir = dir
    this.#candidates = new PendingList(only)
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

  /** When the next scan is due, on the monotonic clock; Infinity while the list is complete. */
  get nextScan(): number {
    return this.#isStale || this.#candidates.hasMore ? this.#nextScan : Number.POSITIVE_INFINITY
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
    for (const name of this.passedOver.due()) {
      if (exists(join(this.#dir, name))) this.#candidates.add(name)
      else this.passedOver.forget(name)
    }
    if (this.#candidates.isEmpty && this.nextScan < Number.POSITIVE_INFINITY) this.scan()
    for (;;) {
      const next = this.#candidates.take()
      if (!next || !this.passedOver.has(next.fileName)) return next
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
