/**
 * What a benchmark is made of: two sides that take turns, the median of their rounds, and a line of the table.
 *
 * Sides take turns so that what else the machine does meets both alike; each round has its own ratio, and the figure is
 * the median of those. Which side begins changes from round to round.
 */

/** What was asked for, and where it is done. */
export interface Plan {
  readonly rounds: number
  /** Rounds of what needs the large directory. */
  readonly largeRounds: number
  /** Of so many jobs as a row asks for, this share, to try it out; the table says how many they were. */
  readonly share: number
  /** Files in the large directory. */
  readonly large: number
  /** Scratch, on the disk that is measured. */
  readonly dir: string
  /** The same in memory, where nothing waits for a disk; undefined where there is none, or `dir` lies there. */
  readonly memory: string | undefined
  /** Talk about how it goes. */
  readonly say: (line: string) => void
}

/** One row of the table of issue 5: what it is called, and how its lines are found. */
export interface Row {
  readonly row: number
  readonly name: string
  readonly measure: (plan: Plan) => Promise<readonly Line[]>
}

/** A line of the table; a row may need several. */
export interface Line {
  readonly what: string
  readonly against: string
  /** Absent: it could not be measured here, and why. */
  readonly absent?: string
  readonly ours?: string
  readonly theirs?: string
  readonly ratio?: string
  readonly reach?: string
  readonly dream?: string
  readonly isReached?: boolean
}

/** What is to be reached, and what is dreamt of. */
export interface Goal {
  readonly reach: number
  readonly dream: number
  /** Ratios are of rates (more is better), or of times and sizes (less is better); sums are added to the other side. */
  readonly kind: 'at least' | 'at most' | 'plus'
  /** Of a sum. */
  readonly unit?: string
}

export const atLeast = (reach: number, dream: number): Goal => ({ reach, dream, kind: 'at least' })
export const atMost = (reach: number, dream: number): Goal => ({ reach, dream, kind: 'at most' })
export const plus = (reach: number, dream: number, unit: string): Goal => ({ reach, dream, kind: 'plus', unit })

/** One side: does its work once, and says what came of it (a rate, a time, a size). */
export type Side = () => Promise<number>

/** Lets the sides take turns; what each measured, by round. */
export async function inTurns<Name extends string>(
  rounds: number,
  sides: Readonly<Record<Name, Side>>,
): Promise<Record<Name, number[]>> {
  const all = Object.entries(sides) as [Name, Side][]
  const found = Object.fromEntries(all.map(([name]) => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = 0; round < rounds; round++) {
    const first = round % all.length
    for (const [name, once] of [...all.slice(first), ...all.slice(0, first)]) found[name].push(await once())
  }
  return found
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** The value that this share of all do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** How our rounds stand to theirs: the median of the ratios, or of the differences. */
export const compare = (ours: readonly number[], theirs: readonly number[], kind: Goal['kind']): number =>
  median(ours.map((value, round) => (kind === 'plus' ? value - (theirs[round] ?? 0) : value / (theirs[round] ?? 0))))

/** The plan, and the same in memory, with what is said of it. */
export const grounds = (plan: Plan): (readonly [plan: Plan, about: string])[] => [
  [plan, ''],
  ...(plan.memory === undefined ? [] : [[{ ...plan, dir: plan.memory, memory: undefined }, ', in memory'] as const]),
]

/** A line from what both sides measured. `show` prints one figure with its unit. */
export function line(
  what: string,
  against: string,
  [ours, theirs]: readonly [readonly number[], readonly number[]],
  show: (value: number) => string,
  goal: Goal,
  figure = compare(ours, theirs, goal.kind),
): Line {
  const shown = (value: number): string =>
    goal.kind === 'plus' ? `${value < 0 ? '-' : '+'}${places(Math.abs(value))} ${goal.unit}` : places(value)
  return {
    what,
    against,
    ours: show(median(ours)),
    theirs: show(median(theirs)),
    ratio: shown(figure),
    reach: `${goal.kind === 'at least' ? '≥ ' : '≤ '}${shown(goal.reach)}`,
    dream: shown(goal.dream),
    isReached: goal.kind === 'at least' ? figure >= goal.reach : figure <= goal.reach,
  }
}

export const absent = (what: string, against: string, why: string): Line => ({ what, against, absent: why })

/** Three figures that count. */
export const places = (value: number): string =>
  value === 0 || Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(Math.abs(value) < 1 ? 2 : 3)

export const rate = (value: number): string => `${places(value)} jobs/s`
export const ms = (value: number): string => (value >= 1000 ? `${places(value / 1000)} s` : `${places(value)} ms`)
export const mb = (value: number): string => `${places(value)} MB`
