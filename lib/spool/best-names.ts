/** The best names of one line, as one scan of `pending/` found them and watch events changed them since. Pure. */
import { rankIn } from '../job/file-name.ts'

/** How far from the best name one may be that is taken before it, and what decides: a random number in [0, 1). */
export interface Reach {
  /** 1: the best is always the next. */
  readonly names: number
  readonly chance: () => number
}

export class BestNames {
  /** During a scan in any order, afterwards worst first, so that `pop` takes the best. */
  #names: string[] = []
  /** Names of one rank that are no longer in the list above, in the order in which they are taken: from the end. */
  #picked: string[] = []
  /** The worst name that can still be kept by this scan; undefined: any. */
  #worst: string | undefined
  #hasMore = false
  readonly #max: number

  /** @param max how many names are kept */
  constructor(max: number) {
    this.#max = max
  }

  /** A name that the scan found. */
  collect(fileName: string): void {
    if (this.#worst !== undefined && fileName >= this.#worst) return
    if (this.#names.push(fileName) >= 2 * this.#max) this.#worst = this.#keepBest().at(-1)
  }

  /** The scan is over. @param isJob is this the name of a job to list? */
  close(isJob: (fileName: string) => boolean): void {
    // A listing of tmpfs may have a name twice, when others rename files out of the directory meanwhile.
    this.#names = [...new Set(this.#keepBest())].filter(isJob).reverse()
  }

  #keepBest(): string[] {
    if (this.#names.length > this.#max) this.#hasMore = true
    this.#names = this.#names.sort().slice(0, this.#max)
    return this.#names
  }

  /** Adds a name that appeared since. */
  insert(fileName: string): void {
    if (this.#picked.includes(fileName)) return
    const at = this.#indexOf(fileName)
    if (this.#names[at] === fileName) return
    // Worse than all that are known, while the directory has names that are not: left to the next scan.
    if (at === 0 && this.#hasMore) return
    this.#names.splice(at, 0, fileName)
    if (this.#names.length <= 2 * this.#max) return
    this.#names = this.#names.slice(-this.#max)
    this.#hasMore = true
  }

  /** Removes a name whose file is gone. */
  drop(fileName: string): void {
    const at = this.#indexOf(fileName)
    if (this.#names[at] === fileName) this.#names.splice(at, 1)
    else this.#picked = this.#picked.filter((picked) => picked !== fileName)
  }

  /** The index of a name, or where it would be inserted. */
  #indexOf(fileName: string): number {
    let low = 0
    let high = this.#names.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#names[middle] ?? '') > fileName) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The name that is taken next, or one of its rank. */
  get best(): string | undefined {
    const [picked, listed] = [this.#picked.at(-1), this.#names.at(-1)]
    return picked !== undefined && (listed === undefined || rankIn(picked) <= rankIn(listed)) ? picked : listed
  }

  /**
   * Takes the best name, or with a longer reach one of its rank. All within reach are taken before the next are picked,
   * so no name waits for more than these.
   */
  take(reach: Reach): string | undefined {
    if (this.best !== this.#picked.at(-1)) this.#pick(reach)
    return this.#picked.pop()
  }

  #pick({ names, chance }: Reach): void {
    for (const fileName of this.#picked.splice(0)) this.insert(fileName)
    const rank = rankIn(this.#names.at(-1) ?? '')
    const within = this.#names.slice(-names).filter((fileName) => rankIn(fileName) === rank).length
    this.#picked = this.#names.splice(this.#names.length - within)
    // Each place from the end gets one of those before it.
    for (let at = this.#picked.length - 1; at > 0; at--) {
      const other = Math.floor(chance() * (at + 1))
      const moved = this.#picked[at] ?? ''
      this.#picked[at] = this.#picked[other] ?? ''
      this.#picked[other] = moved
    }
  }

  /** Are there names in the directory, and none here? */
  get isDry(): boolean {
    return this.#hasMore && this.#names.length === 0 && this.#picked.length === 0
  }
}
