/**
 * Which pending job is tried next, from names alone: the best of one scan, and what arrived since.
 *
 * One scan serves many claims. Nothing depends on the list being right: a name that is gone costs one failed rename,
 * and the next scan finds what the list does not know.
 */
import { isIntakeName, type JobName, parseName } from '../job/name.ts'
import { eachName } from './files.ts'

/** How many names one scan keeps. */
const KEPT = 1000

export interface Candidate {
  readonly fileName: string
  readonly name: JobName
}

export class Candidates {
  /** Worst first, so that the best is popped off the end. */
  #sorted: Candidate[] = []
  #foreign = new Set<string>()
  /** Did the last scan see more than it kept? */
  #more = false
  readonly #only: string | undefined

  /** @param only the id of the one job that is wanted; else all are */
  constructor(only?: string) {
    this.#only = only
  }

  #isWanted(name: JobName): boolean {
    return this.#only === undefined || name.id === this.#only
  }

  /** Reads `dir` anew and keeps the best names. */
  scan(dir: string): void {
    let best: Candidate[] = []
    this.#foreign.clear()
    this.#more = false
    for (const fileName of eachName(dir)) {
      const name = parseName(fileName)
      if (name && this.#isWanted(name)) best.push({ fileName, name })
      else if (!name && isIntakeName(fileName)) this.#foreign.add(fileName)
      if (best.length >= 2 * KEPT) {
        best = best.sort(bestFirst).slice(0, KEPT)
        this.#more = true
      }
    }
    best.sort(bestFirst)
    if (best.length > KEPT) this.#more = true
    this.#sorted = best.slice(0, KEPT).reverse()
  }

  /** Adds a name that is said to have arrived; tells what kind of name it is. */
  add(fileName: string): 'job' | 'foreign' | 'none' {
    const name = parseName(fileName)
    if (name) {
      if (this.#isWanted(name)) this.#insert({ fileName, name })
      return 'job'
    }
    if (!isIntakeName(fileName)) return 'none'
    this.#foreign.add(fileName)
    return 'foreign'
  }

  #insert(candidate: Candidate): void {
    const { fileName } = candidate
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#sorted[middle]?.fileName ?? '') > fileName) low = middle + 1
      else high = middle
    }
    if (this.#sorted[low]?.fileName === fileName) return
    // Behind everything we know, while there is more that we do not know: not ours to judge before the next scan.
    if (low === 0 && this.#more) return
    this.#sorted.splice(low, 0, candidate)
    if (this.#sorted.length > 2 * KEPT) {
      this.#sorted = this.#sorted.slice(-KEPT)
      this.#more = true
    }
  }

  /** The best name, taken off the list. */
  take(): Candidate | undefined {
    return this.#sorted.pop()
  }

  get isEmpty(): boolean {
    return this.#sorted.length === 0
  }

  /** Are there names in the directory that only another scan can bring? */
  get hasMore(): boolean {
    return this.#more
  }

  /** Names of dropped files that wait to be taken in. */
  get foreign(): readonly string[] {
    return [...this.#foreign]
  }

  forget(fileName: string): void {
    this.#foreign.delete(fileName)
  }
}

const bestFirst = (a: Candidate, b: Candidate): number =>
  a.fileName < b.fileName ? -1 : a.fileName > b.fileName ? 1 : 0
