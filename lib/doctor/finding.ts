/** Defines what the doctor reports: the result of each check, and its findings. */

/** What `--fix` does about a finding: only what a worker would do sooner or later. */
export type Remedy =
  /** Make a missing directory of the home, as opening the home does. */
  | { readonly kind: 'make'; readonly path: string }
  /** Remove a leftover, as a worker's maintenance does. */
  | { readonly kind: 'sweep'; readonly path: string }
  /** Quarantine a file, as a worker that claims it does. */
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
  /** What was done when something is left to do, which `advice` says. */
  readonly partly_fixed?: readonly string[]
}

/** Is this a problem that was not fixed? */
export const isUnfixed = ({ level, fixed }: Finding): boolean => level === 'problem' && fixed === undefined

export interface CheckResult {
  readonly check: string
  /** The result in a few words when there are no findings. */
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

/** A number with its noun: `2 jobs`. */
export const countOf = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
