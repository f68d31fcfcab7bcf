/**
 * Decides which pending job is tried next, from names alone: the best names of each queue, as one scan found them, and
 * what arrived since.
 *
 * One scan serves many claims. The list may be wrong: a name that is gone costs one failed rename, and the next scan
 * finds what the list does not have. Names are kept by queue, so that the names of a queue whose jobs must wait, however
 * many, neither take the place of others nor are looked at again.
 */
import { isPendingName, looksLikeJobName, type JobName, parseName, queueIn } from '../job/file-name.ts'
import { eachName } from '../disk/files.ts'
import { BestNames, type Reach } from './best-names.ts'

/**
 * How many names of a queue one scan keeps. A scan of a million takes half a second and the next one starts nine times
 * as long after: the names must last until then. They take 2 MB.
 */
const MAX_NAMES = 20_000
/** How many names of all queues together, but at least two of each. */
const MAX_TOGETHER = 200_000

export interface PendingName {
  readonly fileName: string
  readonly name: JobName
}

export interface PendingOptions {
  /** The id of the one job to list; default: all. */
  readonly only?: string | undefined
  /** Must the jobs of this queue wait? They stay listed. Default: none must. */
  readonly mustWait?: (queue: string) => boolean
  readonly maxNames?: number
  /** How far from the best name one may be taken. Default: the best is taken. */
  readonly reach?: () => Reach
}

const THE_BEST: Reach = { names: 1, chance: () => 0 }

export class PendingList {
  #queues = new Map<string, BestNames>()
  #droppedNames = new Set<string>()
  readonly #only: string | undefined
  readonly #mustWait: (queue: string) => boolean
  readonly #maxNames: number
  readonly #reach: () => Reach

  constructor({ only, mustWait = () => false, maxNames = MAX_NAMES, reach = () => THE_BEST }: PendingOptions = {}) {
    this.#only = only
    this.#mustWait = mustWait
    this.#maxNames = maxNames
    this.#reach = reach
  }

  #isWanted(name: JobName): boolean {
    return this.#only === undefined || name.id === this.#only
  }

  /** Scans `dir` and keeps the best names of each queue. */
  scan(dir: string): void {
    const max = Math.max(2, Math.min(this.#maxNames, Math.floor(MAX_TOGETHER / Math.max(1, this.#queues.size))))
    this.#queues = new Map()
    this.#droppedNames.clear()
    for (const fileName of eachName(dir)) {
      // Parsing is slow: names are compared by their shape here, and those that are kept are parsed after the loop.
      if (looksLikeJobName(fileName)) {
        if (fileName.includes(this.#only ?? '')) this.#namesOf(queueIn(fileName), max).collect(fileName)
      } else if (isPendingName(fileName)) this.#droppedNames.add(fileName)
    }
    for (const names of this.#queues.values()) names.close((fileName) => this.#isJob(fileName))
  }

  #namesOf(queue: string, max = this.#maxNames): BestNames {
    let names = this.#queues.get(queue)
    if (!names) this.#queues.set(queue, (names = new BestNames(max)))
    return names
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
      if (this.#isWanted(name)) this.#namesOf(name.queue).insert(fileName)
      return 'job'
    }
    if (!isPendingName(fileName)) return 'none'
    this.#droppedNames.add(fileName)
    return 'dropped'
  }

  /** Removes a name whose file is gone: another worker claimed it. */
  drop(fileName: string): void {
    this.#queues.get(queueIn(fileName))?.drop(fileName)
    this.#droppedNames.delete(fileName)
  }

  /** Removes the best name of the queues that need not wait, or one within reach of it, from the list and returns it. */
  take(): PendingName | undefined {
    const fileName = this.#first()?.take(this.#reach())
    const name = fileName === undefined ? undefined : parseName(fileName)
    return fileName !== undefined && name ? { fileName, name } : undefined
  }

  #first(): BestNames | undefined {
    let first: BestNames | undefined
    for (const [queue, names] of this.#queues)
      if (names.best !== undefined && names.best < (first?.best ?? '~') && !this.#mustWait(queue)) first = names
    return first
  }

  /** Is no name left of the queues that need not wait? */
  get isEmpty(): boolean {
    return this.#first() === undefined
  }

  /** Has a queue that need not wait names in the directory, and none here? Only another scan finds them. */
  get isDry(): boolean {
    for (const [queue, names] of this.#queues) if (names.isDry && !this.#mustWait(queue)) return true
    return false
  }

  /** Names of dropped files to take in. */
  get dropped(): readonly string[] {
    return [...this.#droppedNames]
  }

  forget(fileName: string): void {
    this.#droppedNames.delete(fileName)
  }
}
