/**
 * One action on many jobs: reads what is asked for, and does it. A filter needs the number of jobs that it matches: the
 * action applies to the jobs that the caller saw, not to jobs that have come since.
 */
import { QueueError } from '../errors.ts'
import { PRIORITY_LIMIT, whyNotQueue } from '../job/file-name.ts'
import { isAllowed, type Verb } from '../job/state.ts'
import type { JobRef, Queue } from '../queue.ts'
import { readReason } from './body.ts'
import type { ServerContext } from './context.ts'
import { BULK_ACTIONS, type Shape } from './openapi/schemas.ts'
import { HttpError } from './problem.ts'
import { readSearch } from './query-params.ts'

export type BulkAction = Shape<'Bulk'>['action']

const MAX_IDS = 10_000
/** How many skipped jobs are listed. */
const MAX_NAMED = 1000
/** Jobs at a time: each waits for the disk most of the time. */
const CONCURRENCY = 8

type Target = JobRef | { readonly id: string; readonly why: string }

export interface BulkChange {
  readonly action: BulkAction
  readonly isDry: boolean
  /** Does it to one job. */
  readonly apply: (job: JobRef) => Promise<unknown>
  /** For ids without a job the reason. */
  readonly jobs: readonly Target[]
}

/** What has been done so far. */
export class BulkTally {
  changed = 0
  skippedCount = 0
  readonly skipped: { readonly id: string; readonly reason: string }[] = []

  skip(id: string, reason: string): void {
    if (++this.skippedCount <= MAX_NAMED) this.skipped.push({ id, reason })
  }
}

const VERBS: Partial<Record<BulkAction, Verb>> = { delete: 'purge' }
const verbOf = (action: BulkAction): Verb => VERBS[action] ?? (action as Verb)

/** Does it to one job after the other until all are done, or `end` is aborted. */
export async function applyToAll(change: BulkChange, tally: BulkTally, end: AbortSignal): Promise<void> {
  const { action, isDry, jobs, apply } = change
  const applyTo = async (job: Target): Promise<void> => {
    if ('why' in job) return tally.skip(job.id, job.why)
    if (isDry) {
      if (isAllowed(verbOf(action), job.state)) tally.changed++
      else tally.skip(job.id, `it is ${job.state}`)
      return
    }
    try {
      await apply(job)
      tally.changed++
    } catch (error) {
      if (!(error instanceof QueueError)) throw error
      tally.skip(job.id, error.message)
    }
  }
  let next = 0
  const work = async (): Promise<void> => {
    for (let job = jobs[next++]; job && !end.aborted; job = jobs[next++]) {
      await applyTo(job)
      // Some verbs never await: let other requests run.
      if (next % 32 === 0) await new Promise((done) => setImmediate(done))
    }
  }
  await Promise.all(Array.from({ length: isDry ? 1 : CONCURRENCY }, work))
}

/** @throws HttpError 400, 409 */
export async function readBulkChange(ctx: ServerContext, body: Record<string, unknown>): Promise<BulkChange> {
  const { ids, filter, expected_count: expected, dry_run: dry = false, cancelled = false } = body
  const action = BULK_ACTIONS.find((one) => one === body.action)
  if (!action) throw new HttpError(400, `action is ${JSON.stringify(body.action)}: expected ${BULK_ACTIONS.join(', ')}`)
  if (typeof dry !== 'boolean' || typeof cancelled !== 'boolean')
    throw new HttpError(400, 'dry_run, cancelled: expected true or false')
  if ((ids === undefined) === (filter === undefined)) throw new HttpError(400, 'give either ids or a filter')
  const common = { action, isDry: dry, apply: readApply(ctx.queue, action, body) }
  if (ids !== undefined) return { ...common, jobs: await byIds(ctx, ids) }
  const jobs = await byFilter(ctx, filter, action === 'retry' && !cancelled)
  if (!dry && typeof expected !== 'number')
    throw new HttpError(400, 'expected_count: needed with a filter', 'send "dry_run": true first to learn it')
  if (typeof expected === 'number' && expected !== jobs.length)
    throw new HttpError(409, `${jobs.length} jobs match now, not ${expected}: nothing was done`, 'check the list again')
  return { ...common, jobs }
}

/** How the action is done to one job, with the member of the request that it needs. @throws HttpError 400 */
function readApply(queue: Queue, action: BulkAction, body: Record<string, unknown>): BulkChange['apply'] {
  const reason = readReason(body)
  if (action === 'cancel') return (job) => queue.cancel(job, reason, { waitMs: 0 })
  if (action === 'delete') return (job) => queue.purge(job)
  if (action === 'priority') {
    const { priority } = body
    if (typeof priority !== 'number' || !Number.isInteger(priority) || Math.abs(priority) > PRIORITY_LIMIT)
      throw new HttpError(400, `priority: expected a whole number from -${PRIORITY_LIMIT} to ${PRIORITY_LIMIT}`)
    return (job) => queue.prioritize(job, priority)
  }
  if (action === 'move') {
    const { queue: to } = body
    if (typeof to !== 'string') throw new HttpError(400, 'queue: expected the name of a queue')
    const why = whyNotQueue(to)
    if (why) throw new HttpError(400, `queue: ${why}`)
    return (job) => queue.move(job, to)
  }
  return (job) => queue[action](job)
}

async function byIds({ live, queue }: ServerContext, ids: unknown): Promise<Target[]> {
  if (!Array.isArray(ids) || ids.length > MAX_IDS || !ids.every((id) => typeof id === 'string'))
    throw new HttpError(400, `ids: expected an array of at most ${MAX_IDS} ids`)
  const wanted: string[] = [...new Set(ids)]
  const known = await Promise.all(wanted.map((id) => live.find(id)))
  const unknown = wanted.filter((_id, i) => !known[i])
  const searched = await queue.find(unknown, 'find')
  const later = new Map(unknown.map((id, i) => [id, searched[i]]))
  return wanted.map((id, i) => {
    const found = known[i] ?? later.get(id)
    if (found === undefined || found instanceof QueueError) return { id, why: found?.message ?? 'no such job' }
    // Abbreviated ids and `last` are for the command line only.
    return found.id === id ? found : { id, why: 'no such job' }
  })
}

const FILTERS = ['state', 'queue', 'tag', 'q', 'error', 'fingerprint', 'since', 'until']

async function byFilter({ live }: ServerContext, filter: unknown, isNotCancelled: boolean): Promise<Target[]> {
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter))
    throw new HttpError(400, 'filter: expected an object')
  for (const [name, value] of Object.entries(filter)) {
    if (!FILTERS.includes(name)) throw new HttpError(400, `filter: unknown ${name}`, `there are: ${FILTERS.join(', ')}`)
    if (typeof value !== 'string') throw new HttpError(400, `filter: ${name}: expected a text`)
  }
  const search = readSearch(filter as Record<string, string>)
  const jobs = await live.select(search)
  if (!isNotCancelled) return jobs
  const cancelled = new Set((await live.select({ ...search, isCancelled: true })).map(({ id }) => id))
  const why = 'it was cancelled; retry it by its id, or with "cancelled": true'
  return jobs.map((job) => (cancelled.has(job.id) ? { id: job.id, why } : job))
}
