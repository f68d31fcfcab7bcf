/**
 * Applies one action to many jobs. A filter needs the number of jobs that it matches: the action applies to the jobs that
 * the caller saw, not to jobs that have come since.
 */
import type { Hono } from 'hono'
import { QueueError } from '../../errors.ts'
import type { JobRef, JobRefOrId } from '../../queue.ts'
import { readSearch } from '../query-params.ts'
import { HttpError } from '../problem.ts'
import type { ServerContext } from '../context.ts'
import { readReason } from './job-actions.ts'
import { isAllowed } from '../../job/state.ts'
import { BULK_ACTIONS, type Shape } from '../openapi/schemas.ts'
import { readBody } from '../body.ts'

type BulkAction = Shape<'Bulk'>['action']

const MAX_IDS = 10_000
/** How many skipped jobs are listed. */
const MAX_NAMED = 1000
/** Jobs at a time: each waits for the disk most of the time. */
const CONCURRENCY = 8

interface BulkRequest {
  readonly action: BulkAction
  readonly isDry: boolean
  readonly reason: string | undefined
  /** For ids without a job the reason. */
  readonly jobs: readonly (JobRef | { readonly id: string; readonly why: string })[]
}

export function bulkRoutes(app: Hono, ctx: ServerContext): void {
  app.post('/api/v1/jobs/bulk', async (c) => {
    const { action, isDry, reason, jobs } = await readBulkRequest(ctx, await readBody(c))
    const skipped: { id: string; reason: string }[] = []
    let skippedCount = 0
    let changed = 0
    const skip = (id: string, why: string): void => {
      if (++skippedCount <= MAX_NAMED) skipped.push({ id, reason: why })
    }
    const applyTo = async (job: BulkRequest['jobs'][number]): Promise<void> => {
      if ('why' in job) return skip(job.id, job.why)
      if (isDry) {
        if (isAllowed(action === 'delete' ? 'purge' : action, job.state)) changed++
        else skip(job.id, `it is ${job.state}`)
        return
      }
      try {
        await applyAction(ctx, action, job, reason)
        changed++
      } catch (error) {
        if (!(error instanceof QueueError)) throw error
        skip(job.id, error.message)
      }
    }
    let next = 0
    const work = async (): Promise<void> => {
      for (let job = jobs[next++]; job && !ctx.end.aborted; job = jobs[next++]) {
        await applyTo(job)
        // Some verbs never await: let other requests run.
        if (next % 32 === 0) await new Promise((done) => setImmediate(done))
      }
    }
    await Promise.all(Array.from({ length: isDry ? 1 : CONCURRENCY }, work))
    return c.json({ action, dry_run: isDry, matched: jobs.length, changed, skipped, skipped_count: skippedCount })
  })
}

async function applyAction(
  { queue }: ServerContext,
  action: BulkAction,
  job: JobRefOrId,
  reason: string | undefined,
): Promise<void> {
  if (action === 'cancel') await queue.cancel(job, reason, { waitMs: 0 })
  else if (action === 'delete') await queue.purge(job)
  else await queue[action](job)
}

/** @throws HttpError 400, 409 */
async function readBulkRequest(ctx: ServerContext, body: Record<string, unknown>): Promise<BulkRequest> {
  const { action, ids, filter, expected_count: expected, dry_run: dry = false, cancelled = false } = body
  const found = BULK_ACTIONS.find((one) => one === action)
  if (!found) throw new HttpError(400, `action is ${JSON.stringify(action)}: expected ${BULK_ACTIONS.join(', ')}`)
  if (typeof dry !== 'boolean' || typeof cancelled !== 'boolean')
    throw new HttpError(400, 'dry_run, cancelled: expected true or false')
  if ((ids === undefined) === (filter === undefined)) throw new HttpError(400, 'give either ids or a filter')
  const common = { action: found, isDry: dry, reason: readReason(body) }
  if (ids !== undefined) return { ...common, jobs: await byIds(ctx, ids) }
  const jobs = await byFilter(ctx, filter, found === 'retry' && !cancelled)
  if (!dry && typeof expected !== 'number')
    throw new HttpError(400, 'expected_count: needed with a filter', 'send "dry_run": true first to learn it')
  if (typeof expected === 'number' && expected !== jobs.length)
    throw new HttpError(409, `${jobs.length} jobs match now, not ${expected}: nothing was done`, 'check the list again')
  return { ...common, jobs }
}

async function byIds({ live, queue }: ServerContext, ids: unknown): Promise<BulkRequest['jobs']> {
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

const FILTERS = ['state', 'queue', 'tag', 'q', 'error', 'fingerprint']

async function byFilter(
  { live }: ServerContext,
  filter: unknown,
  isNotCancelled: boolean,
): Promise<BulkRequest['jobs']> {
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
