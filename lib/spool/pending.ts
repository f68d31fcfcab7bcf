/**
 * Decides which pending job is tried next, from names alone: the best names of each line, as one scan found them, and
 * what arrived since.
 *
 * One scan serves many claims. The list may be wrong: a name that is gone costs one failed rename, and the next scan
 * finds what the list does not have. Names are kept by line (queue and key), so that the names of a line whose jobs must wait,
 * however many, neither take the place of others nor are looked at again.
 */
import { isPendingName, labelIn, type JobLine, looksLikeJobName, type JobName, parseName } from '../job/file-name.ts'
import { eachName } from '../disk/files.ts'
import { BestNames, type Reach } from './best-names.ts'

/**
 * How many names of a line one scan keeps. A scan of a million takes half a second and the next one starts nine times
 * as long after: the names must last until then. They take 2 MB.
 */
const MAX_NAMES = 20_000
/** How many names of all lines together, but at least two of each. */
const MAX_TOGETHER = 200_000

export interface PendingName {
  readonly fileName: string
  readonly name: JobName
}

export interface PendingOptions {
  /** The id of the one job to list; default: all. */
  readonly only?: string | undefined
  /** Must the jobs of this line wait? They stay listed. Default: none must. */
  readonly mustWait?: (line: JobLine) => boolean
  readonly maxNames?: number
  /** How far from the best name one may be taken. Default: the best is taken. */
  readonly reach?: () => Reach
}

const THE_BEST: Reach = { names: 1, chance: () => 0 }

interface NamesOfLine {
  readonly line: JobLine
  readonly names: BestNames
}

export class PendingList {
  /** By the label of the line. */
  #lines = new Map<string, NamesOfLine>()
  #droppedNames = new Set<string>()
  readonly #only: string | undefined
  readonly #mustWait: (line: JobLine) => boolean
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

  /** Scans `dir` and keeps the best names of each line. */
  scan(dir: string): void {
    const max = Math.max(2, Math.min(this.#maxNames, Math.floor(MAX_TOGETHER / Math.max(1, this.#lines.size))))
    this.#lines = new Map()
    this.#droppedNames.clear()
    for (const fileName of eachName(dir)) {
      // Parsing is slow: names are compared by their shape here, and those that are kept are parsed after the loop.
      if (looksLikeJobName(fileName)) {
        if (!fileName.includes(this.#only ?? '')) continue
        const names = this.#namesOf(fileName, max)
        if (names) names.collect(fileName)
        else this.#droppedNames.add(fileName)
      } else if (isPendingName(fileName)) this.#droppedNames.add(fileName)
    }
    for (const { names } of this.#lines.values()) names.close((fileName) => this.#isJob(fileName))
  }

  /** The names of the line of this one; undefined: it is the name of a dropped file. */
  #namesOf(fileName: string, max = this.#maxNames): BestNames | undefined {
    const label = labelIn(fileName)
    const known = this.#lines.get(label)
    if (known) return known.names
    const line = parseName(fileName)
    if (!line) return undefined
    const names = new BestNames(max)
    this.#lines.set(label, { line, names })
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
      if (this.#isWanted(name)) this.#namesOf(fileName)?.insert(fileName)
      return 'job'
    }
    if (!isPendingName(fileName)) return 'none'
    this.#droppedNames.add(fileName)
    return 'dropped'
  }

  /** Removes a name whose file is gone: another worker claimed it. */
  drop(fileName: string): void {
    this.#lines.get(labelIn(fileName))?.names.drop(fileName)
    this.#droppedNames.delete(fileName)
  }

  /** Removes the best name of the lines that need not wait, or one within reach of it, from the list and returns it. */
  take(): PendingName | undefined {
    const fileName = this.#first()?.take(this.#reach())
    const name = fileName === undefined ? undefined : parseName(fileName)
    return fileName !== undefined && name ? { fileName, name } : undefined
  }

  #first(): BestNames | undefined {
    let first: BestNames | undefined
    for (const { line, names } of this.#lines.values()) {
      const { best } = names
      if (best !== undefined && best < (first?.best ?? '~') && !this.#mustWait(line)) first = names
    }
    return first
  }

  /** Is no name left of the lines that need not wait? */
  get isEmpty(): boolean {
    return this.#first() === undefined
  }

  /** Has a line that need not wait names in the directory, and none here? Only another scan finds them. */
  get isDry(): boolean {
    for (const { line, names } of this.#lines.values()) if (names.isDry && !this.#mustWait(line)) return true
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
