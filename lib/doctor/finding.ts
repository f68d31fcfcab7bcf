/** What the doctor says: for each check what it saw, and what it found wrong. */

/** What `--fix` can do about a finding: only what a worker would do by itself sooner or later. */
export type Remedy =
  /** Make a missing place of the home, as whoever opens the home does. */
  | { readonly kind: 'make'; readonly path: string }
  /** Remove a leftover, as the sweeper does. */
  | { readonly kind: 'sweep'; readonly path: string }
  /** Set a file aside into `corrupt/`, as whoever claims it does. */
  | { readonly kind: 'set_aside'; readonly path: string; readonly fileName: string; readonly reason: string }
  /** Take over from a dead holder, as the next worker does. */
  | { readonly kind: 'recover'; readonly holder: string }

export interface Finding {
  /** `problem`: a promise does not hold, or a person must decide. `note`: good to know. */
  readonly level: 'problem' | 'note'
  /** One sentence without a full stop. */
  readonly what: string
  /** What to do about it. */
  readonly advice?: string
  readonly remedy?: Remedy
  /** What was done about it. */
  readonly fixed?: readonly string[]
  /** What was done, when something is left that `advice` tells of. */
  readonly partly_fixed?: readonly string[]
}

/** Is this a problem that nobody has mended? */
export const isUnfixed = ({ level, fixed }: Finding): boolean => level === 'problem' && fixed === undefined

export interface CheckResult {
  readonly check: string
  /** What was seen. */
  readonly fact: string
  readonly findings: readonly Finding[]
}

export interface Diagnosis {
  readonly home: string
  /** No problem is left. */
  readonly healthy: boolean
  readonly checks: readonly CheckResult[]
}

export const problemFinding = (what: string, advice?: string, remedy?: Remedy): Finding =>
  finding('problem', what, advice, remedy)
export const noteFinding = (what: string, advice?: string, remedy?: Remedy): Finding =>
  finding('note', what, advice, remedy)

const finding = (level: Finding['level'], what: string, advice?: string, remedy?: Remedy): Finding => ({
  level,
  what,
  ...(advice === undefined ? {} : { advice }),
  ...(remedy === undefined ? {} : { remedy }),
})

/** A number of things in words. */
export const countOf = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
