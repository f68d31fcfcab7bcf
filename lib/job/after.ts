/** Dependencies of a job: what it waits for, and whether that holds. Pure. */
import { whyNotId } from './file-name.ts'

/** How a parent must have ended: completed; completed or dead; dead. */
export type When = 'success' | 'any' | 'fail'
const WHENS: readonly string[] = ['success', 'any', 'fail'] satisfies When[]

/** What the parent is to do, in words. */
export const WHEN_VERB: Readonly<Record<When, string>> = { success: 'succeed', any: 'end', fail: 'fail' }

/** A parent in a request: its id, which means that it must succeed; or with how it must have ended. */
export type Parent = string | { readonly job: string; readonly when?: When }

export interface Condition {
  readonly job: string
  readonly when: When
}

/** The members of a job that say what it waits for. */
export interface Dependent {
  readonly after?: readonly Parent[] | undefined
  readonly when_impossible?: 'cancel' | 'wait' | undefined
  /** The parents that were seen to end as they must; they are never asked again. */
  readonly met?: readonly string[] | undefined
}

/** What a parent is: it may still run, it completed, it is dead, or it is nowhere. */
export type ParentState = 'unfinished' | 'completed' | 'dead' | 'gone'

/**
 * - `free`: all conditions hold. `waits`: at the first parent that has not ended.
 * - `impossible`: this parent has ended otherwise than it must.
 */
export type Standing =
  | { readonly kind: 'free'; readonly met: readonly string[] }
  | { readonly kind: 'waits'; readonly at: string; readonly met: readonly string[] }
  | { readonly kind: 'impossible'; readonly because: string; readonly is: ParentState; readonly met: readonly string[] }

/** More would make the record, which is read at each step, large. */
export const MAX_PARENTS = 1000

export const conditionsOf = ({ after = [] }: Dependent): Condition[] =>
  after.map((parent) =>
    typeof parent === 'string' ? { job: parent, when: 'success' } : { when: 'success', ...parent },
  )

/** The conditions that were not seen to hold. */
export const openConditions = (job: Dependent): Condition[] =>
  conditionsOf(job).filter((one) => job.met?.includes(one.job) !== true)

/** The ids of those jobs. */
export const waitsFor = (job: Dependent): string[] => openConditions(job).map((one) => one.job)

/** Where a waiting job lies: at the first parent that was not seen to end as it must; undefined when it waits for none. */
export const doorOf = (job: Dependent): string | undefined => waitsFor(job)[0]

/** Does the condition hold? Undefined while that is open. */
export function holds(when: When, is: ParentState): boolean | undefined {
  if (is === 'unfinished') return undefined
  if (when === 'any') return true
  return (is === 'completed') === (when === 'success')
}

/** @param stateOf asked once for each parent that was not seen to end as it must */
export function judge(job: Dependent, stateOf: (parent: string) => ParentState): Standing {
  const asked = openConditions(job).map((one) => ({ ...one, is: stateOf(one.job) }))
  const met = [...(job.met ?? []), ...asked.filter(({ when, is }) => holds(when, is) === true).map((one) => one.job)]
  const wrong = asked.find(({ when, is }) => holds(when, is) === false)
  if (wrong && job.when_impossible !== 'wait') return { kind: 'impossible', because: wrong.job, is: wrong.is, met }
  const at = (asked.find(({ when, is }) => holds(when, is) === undefined) ?? wrong)?.job
  return at === undefined ? { kind: 'free', met } : { kind: 'waits', at, met }
}

/** Why a job that has never run cannot run as it is. */
export interface Block {
  /** The job it waits for that has ended otherwise than it must. */
  readonly because: string
  readonly is: ParentState
  /** The job whose retry lets that one run again: that one, or the first of those before it; absent when it is gone. */
  readonly retry?: string
  /** Does a retry of that bring this one back? */
  readonly comes_back: boolean
}

/** What to do about it, for people. */
export function adviceFor(id: string, { retry, comes_back }: Block): string[] {
  const waive = `run it all the same with: queuectl retry --waive ${id}`
  if (retry === undefined) return [waive]
  const first = comes_back ? 'run that again, and this one comes back with it' : 'run that again first, then this one'
  return [`${first}: queuectl retry ${retry}`, waive]
}

/** The member `met` of a record; absent while nothing was seen to hold. */
export const metOf = (met: readonly string[] = []): { readonly met?: readonly string[] } =>
  met.length === 0 ? {} : { met }

/** Why a text or value cannot be the member `after`; undefined when it can. */
export function whyNotAfter(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'expected an array of ids, or of {"job":ID,"when":"success|any|fail"}'
  if (value.length > MAX_PARENTS) return `expected at most ${MAX_PARENTS} jobs`
  const seen = new Set<string>()
  for (const one of value as readonly unknown[]) {
    const why = whyNotParent(one)
    if (why) return why
    const { job } = typeof one === 'string' ? { job: one } : (one as Condition)
    if (seen.has(job)) return `${job} is named twice`
    seen.add(job)
  }
  return undefined
}

function whyNotParent(one: unknown): string | undefined {
  if (typeof one === 'string') return whyNotId(one)
  if (typeof one !== 'object' || one === null) return 'expected ids, or {"job":ID,"when":"success|any|fail"}'
  const { job, when = 'success', ...others } = one as Readonly<Record<string, unknown>>
  const [other] = Object.keys(others)
  if (other !== undefined) return `${JSON.stringify(other)} means nothing in there; known are job and when`
  if (typeof job !== 'string') return 'expected the id of a job as "job"'
  if (typeof when !== 'string' || !WHENS.includes(when)) return `expected "when" to be one of ${WHENS.join(', ')}`
  return whyNotId(job)
}

/** Jobs of one batch, the indices of parents before those of their children; and of those that wait for one another, which. */
export function parentsFirst(jobs: readonly ({ readonly id?: string } & Dependent)[]): {
  readonly order: readonly number[]
  readonly cycles: ReadonlyMap<number, readonly string[]>
} {
  const indexOf = new Map(jobs.flatMap(({ id }, i) => (id === undefined ? [] : [[id, i] as const])))
  const order: number[] = []
  const cycles = new Map<number, readonly string[]>()
  const seen = new Set<number>()
  // Of a job on the way from the one we began with: where it is on that way, and its parents that are still to be seen.
  const path: number[] = []
  const depths = new Map<number, number>()
  const left: number[][] = []
  const visit = (i: number): void => {
    const at = depths.get(i)
    if (at !== undefined) {
      const ring = path.slice(at)
      const ids = [...ring, i].map((index) => jobs[index]?.id ?? '')
      for (const one of ring) cycles.set(one, ids)
    }
    if (seen.has(i)) return
    seen.add(i)
    depths.set(i, path.length)
    path.push(i)
    left.push(
      conditionsOf(jobs[i] ?? {})
        .flatMap(({ job }) => indexOf.get(job) ?? [])
        .toReversed(),
    )
  }
  for (const first of jobs.keys()) {
    visit(first)
    for (let i = path.at(-1); i !== undefined; i = path.at(-1)) {
      const parent = left.at(-1)?.pop()
      if (parent !== undefined) visit(parent)
      else {
        path.pop()
        left.pop()
        depths.delete(i)
        order.push(i)
      }
    }
  }
  return { order, cycles }
}
