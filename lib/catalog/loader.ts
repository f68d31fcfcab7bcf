/** Reading the files of jobs for what lists are searched and sorted by: in the background, or at once for so long. */
import { monotonicMs } from '../clock.ts'
import { type Entry, readEntry } from './entry.ts'
import type { JobContent } from '../spool/scan.ts'
import type { JobIndex } from './job-index.ts'

/** For how long (ms) is read without a pause, which is as long. */
const LOT_MS = 8

export class ContentLoader {
  readonly #standing: JobIndex
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(standing: JobIndex) {
    this.#standing = standing
  }

  /** Reads the file of an entry; undefined when it has moved on. */
  read(entry: Entry): JobContent | undefined {
    let content: JobContent | undefined
    this.#standing.update(entry, () => {
      content = readEntry(entry)
    })
    return content
  }

  /** Reads what was not read yet, for so long (ms) at most. @returns whether all is */
  readFor(ms: number): boolean {
    const end = monotonicMs() + ms
    for (const entry of this.#standing.unread) {
      if (monotonicMs() > end) return false
      this.read(entry)
    }
    return true
  }

  /** Reads what was not read yet by and by. */
  readSoon(): void {
    if (this.#timer || this.#isClosed || this.#standing.unread.size === 0) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.readFor(LOT_MS)
      this.readSoon()
    }, LOT_MS).unref()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }
}
