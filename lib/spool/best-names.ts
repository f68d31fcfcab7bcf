/** The best names of one queue, as one scan of `pending/` found them and watch events changed them since. Pure. */
export class BestNames {
  /** During a scan in any order, afterwards worst first, so that `pop` takes the best. */
  #names: string[] = []
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
    this.#names = this.#keepBest().filter(isJob).reverse()
  }

  #keepBest(): string[] {
    if (this.#names.length > this.#max) this.#hasMore = true
    this.#names = this.#names.sort().slice(0, this.#max)
    return this.#names
  }

  /** Adds a name that appeared since. */
  insert(fileName: string): void {
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

  get best(): string | undefined {
    return this.#names.at(-1)
  }

  takeBest(): void {
    this.#names.pop()
  }

  /** Are there names in the directory, and none here? */
  get isDry(): boolean {
    return this.#hasMore && this.#names.length === 0
  }
}
