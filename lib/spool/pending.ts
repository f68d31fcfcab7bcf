/**
 * Which pending job is tried next, from names alone: the best of one scan, and what arrived since.
 *
 * One scan serves many claims. Nothing depends on the list being right: a name that is gone costs one failed rename,
 * and the next scan finds what the list does not know.
 */
import { isIntakeName, looksLikeJobName, type JobName, parseName } from '../job/file-name.ts'
import { eachName } from '../disk/files.ts'

/**
 * How many names one scan keeps. A scan of a million takes half a second and the next one waits nine times as long:
 * what is kept must last until then. Names only, which are parsed when their turn comes: 2 MB.
 */
const KEPT = 20_000

export interface PendingName {
  readonly fileName: string
  readonly name: JobName
}

export class PendingList {
  /** Worst first, so that the best is popped off the end. Each parses. */
  #sorted: string[] = []
  #droppedNames = new Set<string>()
  /** Did the last scan see more than it kept? */
  #more = false
  readonly #only: string | undefined
  readonly #kept: number

  /** @param only the id of the one job that is wanted; else all are */
  constructor(only?: string, kept = KEPT) {
    this.#only = only
    this.#kept = kept
  }

  #isWanted(name: JobName): boolean {
    return this.#only === undefined || name.id === this.#only
  }

  /** Reads `dir` anew and keeps the best names. */
  scan(dir: string): void {
    let best: string[] = []
    /** So many better ones are known that nothing behind this one is kept. */
    let last: string | undefined
    this.#droppedNames.clear()
    this.#more = false
    for (const fileName of eachName(dir)) {
      // Only what is kept is parsed, in the end: what has the shape and is no job is seen when its turn comes.
      if (looksLikeJobName(fileName)) {
        if ((last === undefined || fileName < last) && fileName.includes(this.#only ?? '')) best.push(fileName)
      } else if (isIntakeName(fileName)) this.#droppedNames.add(fileName)
      if (best.length >= 2 * this.#kept) {
        best = best.sort().slice(0, this.#kept)
        last = best.at(-1)
        this.#more = true
      }
    }
    best.sort()
    if (best.length > this.#kept) this.#more = true
    this.#sorted = best
      .slice(0, this.#kept)
      .filter((fileName) => this.#isJob(fileName))
      .reverse()
  }

  /** Is it a job that is wanted? What is no job at all is a dropped file. */
  #isJob(fileName: string): boolean {
    const name = parseName(fileName)
    if (!name) this.#droppedNames.add(fileName)
    return name !== undefined && this.#isWanted(name)
  }

  /** Adds a name that is said to have arrived; tells what kind of name it is. */
  add(fileName: string): 'job' | 'dropped' | 'none' {
    const name = parseName(fileName)
    if (name) {
      if (this.#isWanted(name)) this.#insert(fileName)
      return 'job'
    }
    if (!isIntakeName(fileName)) return 'none'
    this.#droppedNames.add(fileName)
    return 'dropped'
  }

  /** Takes a name off the list that is gone: somebody else was faster. */
  drop(fileName: string): void {
    const at = this.#indexOf(fileName)
    if (this.#sorted[at] === fileName) this.#sorted.splice(at, 1)
    this.#droppedNames.delete(fileName)
  }

  /** Where a name stands in the list, or would. */
  #indexOf(fileName: string): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#sorted[middle] ?? '') > fileName) low = middle + 1
      else high = middle
    }
    return low
  }

  #insert(fileName: string): void {
    const low = this.#indexOf(fileName)
    if (this.#sorted[low] === fileName) return
    // Behind everything we know, while there is more that we do not know: not ours to judge before the next scan.
    if (low === 0 && this.#more) return
    this.#sorted.splice(low, 0, fileName)
    if (this.#sorted.length > 2 * this.#kept) {
      this.#sorted = this.#sorted.slice(-this.#kept)
      this.#more = true
    }
  }

  /** The best name, taken off the list. */
  take(): PendingName | undefined {
    const fileName = this.#sorted.pop()
    const name = fileName === undefined ? undefined : parseName(fileName)
    return fileName !== undefined && name ? { fileName, name } : undefined
  }

  get isEmpty(): boolean {
    return this.#sorted.length === 0
  }

  /** Are there names in the directory that only another scan can bring? */
  get hasMore(): boolean {
    return this.#more
  }

  /** Names of dropped files that wait to be taken in. */
  get dropped(): readonly string[] {
    return [...this.#droppedNames]
  }

  forget(fileName: string): void {
    this.#droppedNames.delete(fileName)
  }
}
