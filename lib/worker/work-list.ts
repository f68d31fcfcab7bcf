/**
 * The line of waiting jobs as a worker knows it: candidates for its next claim, dropped files that are to be taken in,
 * and when it is time to read `pending/` again.
 */
import { join } from 'node:path'
import { monotonicMs } from '../clock.ts'
import { type PendingName, PendingList } from '../spool/pending.ts'
import { exists } from '../disk/files.ts'

/** After a scan, the next one waits this many times as long as it took, so that scans take a tenth of the time. */
const IDLE_FACTOR = 9

export class WorkList {
  readonly #dir: string
  readonly #candidates: PendingList
  /** The directory may hold what we do not know. */
  #stale = true
  #nextScan = 0
  /** A file with a name of its own was dropped, and not looked at yet. */
  #dropped = false

  /** @param only the id of the one job that is wanted; else all are */
  constructor(dir: string, only?: string) {
    this.#dir = dir
    this.#candidates = new PendingList(only)
  }

  /** Something came into the directory or went from it, perhaps of this name. False: it went. */
  noteChange(fileName: string | undefined): boolean {
    if (fileName === undefined) this.#stale = true
    else if (!exists(join(this.#dir, fileName))) {
      this.#candidates.drop(fileName)
      return false
    } else if (this.#candidates.add(fileName) === 'dropped') this.#dropped = true
    return true
  }

  /** From now on we may not know all that lies there. */
  markStale(): void {
    this.#stale = true
  }

  get isEmpty(): boolean {
    return this.#candidates.isEmpty
  }

  /** When the next scan is wanted, on the monotonic clock; Infinity while there is nothing to find. */
  get nextScan(): number {
    return this.#stale || this.#candidates.hasMore ? this.#nextScan : Number.POSITIVE_INFINITY
  }

  /** Reads the directory, unless it has just been read. */
  scan(): void {
    const begun = monotonicMs()
    if (begun < this.#nextScan) return
    this.#candidates.scan(this.#dir)
    this.#stale = false
    const end = monotonicMs()
    this.#nextScan = end + IDLE_FACTOR * (end - begun)
  }

  /** The job to be tried next, taken off the line. */
  next(): PendingName | undefined {
    if (this.#candidates.isEmpty && this.nextScan < Number.POSITIVE_INFINITY) this.scan()
    return this.#candidates.take()
  }

  get hasDropped(): boolean {
    return this.#dropped
  }

  /** Names of dropped files; each stays until it is forgotten. */
  dropped(): readonly string[] {
    this.#dropped = false
    return this.#candidates.dropped
  }

  forget(fileName: string): void {
    this.#candidates.forget(fileName)
  }
}
