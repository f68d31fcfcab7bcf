/** Reads job files into the catalog: in the background, or for a limited time when an answer needs them. */
import { monotonicMs } from '../clock.ts'
import { type Entry, readEntry } from './entry.ts'
import type { JobContent } from '../spool/scan.ts'
import type { JobIndex } from './job-index.ts'

/** How long (ms) the background reads, and how long it then pauses. */
const SLICE_MS = 8

export class ContentLoader {
  readonly #index: JobIndex
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(index: JobIndex) {
    this.#index = index
  }

  /** Reads an entry's file; undefined when the job has moved. */
  read(entry: Entry): JobContent | undefined {
    let content: JobContent | undefined
    this.#index.update(entry, () => {
      content = readEntry(entry)
    })
    return content
  }

  /** Reads what has not been read yet, for at most `ms` milliseconds. @returns whether everything has been read */
  readFor(ms: number): boolean {
    const end = monotonicMs() + ms
    for (const entry of this.#index.unread) {
      if (monotonicMs() > end) return false
      this.read(entry)
    }
    return true
  }

  /** Reads what has not been read yet in the background. */
  readSoon(): void {
    if (this.#timer || this.#isClosed || this.#index.unread.size === 0) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.readFor(SLICE_MS)
      this.readSoon()
    }, SLICE_MS).unref()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }
}
