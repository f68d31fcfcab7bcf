/** How much the long version does, and where it reports. */
export interface Plan {
  readonly seed: number
  /** Signals in all storms. */
  readonly rounds: number
  /** Power cuts on each file system. */
  readonly cuts: number
  readonly atOnce: number
  /** Only trials whose name contains this. */
  readonly match: string
  readonly say: (line: string) => void
}
