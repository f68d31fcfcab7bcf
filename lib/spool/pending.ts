/**
 * Decides which pending job is tried next, from names alone: the best names of one scan, and what arrived since.
 *
 * One scan serves many claims. The list may be wrong: a name that is gone costs one failed rename, and the next scan
 * finds what the list does not have.
 */
import { isPendingName, looksLikeJobName, type JobName, parseName } from '../job/file-name.ts'
import { eachName } from '../disk/files.ts'

/**
 * How many names one scan keeps. A scan of a million takes half a second and the next one starts nine times as long
 * after: the names must last until then. They take 2 MB.
 */
const MAX_NAMES = 20_000

export interface PendingName {
  readonly fileName: string
  readonly name: JobName
}

export class PendingList {
  /** Worst first, so that `pop` takes the best. All of them parse. */
  #sorted: string[] = []
  #droppedNames = new Set<string>()
  /** Did the last scan find more than it kept? */
  #hasMore = false
  readonly #only: string | undefined
  readonly #maxNames: number

  /** @param only the id of the one job to list; default: all */
  constructor(only?: string, maxNames = MAX_NAMES) {
    this.#only = only
    this.#maxNames = maxNames
  }

  #isWanted(name: JobName): boolean {
    return this.#only === undefined || name.id === this.#only
  }

  /** Scans `dir` and keeps the best names. */
  scan(dir: string): void {
    let best: string[] = []
    /** The worst name that can still be kept. */
    let worst: string | undefined
    this.#droppedNames.clear()
    this.#hasMore = false
    for (const fileName of eachName(dir)) {
      // Parsing is slow: names are compared by their shape here, and those that are kept are parsed after the loop.
      if (looksLikeJobName(fileName)) {
        if ((worst === undefined || fileName < worst) && fileName.includes(this.#only ?? '')) best.push(fileName)
      } else if (isPendingName(fileName)) this.#droppedNames.add(fileName)
      if (best.length >= 2 * this.#maxNames) {
        best = best.sort().slice(0, this.#maxNames)
        worst = best.at(-1)
        this.#hasMore = true
      }
    }
    best.sort()
    if (best.length > this.#maxNames) this.#hasMore = true
    this.#sorted = best
      .slice(0, this.#maxNames)
      .filter((fileName) => this.#isJob(fileName))
      .reverse()
  }

  /** Is this the name of a job to list? A name that does not parse is that of a dropped file. */
  #isJob(fileName: string): boolean {
    const name = parseName(fileName)
    if (!name) this.#droppedNames.add(fileName)
    return name !== undefined && this.#isWanted(name)
  }

  /** Adds a name that a watch event reported. @returns the kind of name */
  add(fileName: string): 'job' | 'dropped' | 'none' {
    const name = parseName(fileName)
    if (name) {
      if (this.#isWanted(name)) this.#insert(fileName)
      return 'job'
    }
    if (!isPendingName(fileName)) return 'none'
    this.#droppedNames.add(fileName)
    return 'dropped'
  }

  /** Removes a name whose file is gone: another worker claimed it. */
  drop(fileName: string): void {
    const at = this.#indexOf(fileName)
    if (this.#sorted[at] === fileName) this.#sorted.splice(at, 1)
    this.#droppedNames.delete(fileName)
  }

  /** The index of a name in the list, or where it would be inserted. */
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
    // Worse than all in the list, while the directory has names that are not in it: left to the next scan.
    if (low === 0 && this.#hasMore) return
    this.#sorted.splice(low, 0, fileName)
    if (this.#sorted.length > 2 * this.#maxNames) {
      this.#sorted = this.#sorted.slice(-this.#maxNames)
      this.#hasMore = true
    }
  }

  /** Removes the best name from the list and returns it. */
  take(): PendingName | undefined {
    const fileName = this.#sorted.pop()
    const name = fileName === undefined ? undefined : parseName(fileName)
    return fileName !== undefined && name ? { fileName, name } : undefined
  }

  get isEmpty(): boolean {
    return this.#sorted.length === 0
  }

  /** Does the directory have names that only another scan finds? */
  get hasMore(): boolean {
    return this.#hasMore
  }

  /** Names of dropped files to take in. */
  get dropped(): readonly string[] {
    return [...this.#droppedNames]
  }

  forget(fileName: string): void {
    this.#droppedNames.delete(fileName)
  }
}
