/**
 * The same change to many jobs. By a filter only together with how many it matches: what is done is bound to what was
 * seen, and not to what has come since.
 */
import type { Hono } from 'hono'
import { QueueError } from '../../errors.ts'
import type { JobRef, JobRefOrId } from '../../queue.ts'
import { readSearch } from '../query-params.ts'
import { bodyOf } from '../rate-limit.ts'
import { Refusal } from '../problem.ts'
import type { Site } from '../context.ts'
import { reasonIn } from './job-actions.ts'
import { isAllowed } from '../../job/state.ts'

const ACTIONS = ['retry', 'cancel', 'hold', 'release', 'delete'] as const
type Action = (typeof ACTIONS)[number]

const MOST_IDS = 10_000
/** So many of those that were passed over are named. */
const MOST_NAMED = 1000
/** Each waits for the disk most of the time. */
const AT_ONCE = 8

interface Asked {
  readonly action: Action
  readonly isDry: boolean
  readonly reason: string | undefined
  /** What cannot even be found has the reason in its place. */
  readonly jobs: readonly (JobRef | { readonly id: string; readonly why: string })[]
}

export function bulkRoutes(app: Hono, site: Site): void {
  app.post('/api/v1/jobs/bulk', async (c) => {
    const { action, isDry, reason, jobs } = await asked(site, await bodyOf(c))
    const skipped: { id: string; reason: string }[] = []
    let passedOver = 0
    let changed = 0
    const pass = (id: string, why: string): void => {
      if (++passedOver <= MOST_NAMED) skipped.push({ id, reason: why })
    }
    const one = async (job: Asked['jobs'][number]): Promise<void> => {
      if ('why' in job) return pass(job.id, job.why)
      if (isDry) {
        if (isAllowed(action === 'delete' ? 'purge' : action, job.state)) changed++
        else pass(job.id, `it is ${job.state}`)
        return
      }
      try {
        await act(site, action, job, reason)
        changed++
      } catch (error) {
        if (!(error instanceof QueueError)) throw error
        pass(job.id, error.message)
      }
    }
    let next = 0
    const work = async (): Promise<void> => {
      for (let job = jobs[next++]; job && !site.end.aborted; job = jobs[next++]) {
        await one(job)
        // Some verbs never wait: others must have their turn.
        if (next % 32 === 0) await new Promise((done) => setImmediate(done))
      }
    }
    await Promise.all(Array.from({ length: isDry ? 1 : AT_ONCE }, work))
    return c.json({ action, dry_run: isDry, matched: jobs.length, changed, skipped, skipped_count: passedOver })
  })
}

async function act({ queue }: Site, action: Action, job: JobRefOrId, reason: string | undefined): Promise<void> {
  if (action === 'cancel') await queue.cancel(job, reason, { waitMs: 0 })
  else if (action === 'delete') await queue.purge(job)
  else await queue[action](job)
}

/** @throws Refusal 400, 409 */
async function asked(site: Site, body: Record<string, unknown>): Promise<Asked> {
  const { action, ids, filter, expected_count: expected, dry_run: dry = false, cancelled = false } = body
  const found = ACTIONS.find((one) => one === action)
  if (!found) throw new Refusal(400, `action is ${JSON.stringify(action)}: expected ${ACTIONS.join(', ')}`)
  if (typeof dry !== 'boolean' || typeof cancelled !== 'boolean')
    throw new Refusal(400, 'dry_run, cancelled: expected true or false')
  if ((ids === undefined) === (filter === undefined)) throw new Refusal(400, 'give ids, or a filter, and not both')
  const how = { action: found, isDry: dry, reason: reasonIn(body) }
  if (ids !== undefined) return { ...how, jobs: await byIds(site, ids) }
  const jobs = await byFilter(site, filter, found === 'retry' && !cancelled)
  if (!dry && typeof expected !== 'number')
    throw new Refusal(400, 'expected_count: with a filter say how many it matches', 'ask with "dry_run": true first')
  if (typeof expected === 'number' && expected !== jobs.length)
    throw new Refusal(409, `${jobs.length} jobs match by now, and not ${expected}: nothing was done`, 'look again')
  return { ...how, jobs }
}

async function byIds({ live, queue }: Site, ids: unknown): Promise<Asked['jobs']> {
  if (!Array.isArray(ids) || ids.length > MOST_IDS || !ids.every((id) => typeof id === 'string'))
    throw new Refusal(400, `ids: expected an array of at most ${MOST_IDS} ids`)
  const wanted: string[] = [...new Set(ids)]
  const known = await Promise.all(wanted.map((id) => live.find(id)))
  const unknown = wanted.filter((_id, i) => !known[i])
  const searched = await queue.find(unknown, 'find')
  const later = new Map(unknown.map((id, i) => [id, searched[i]]))
  return wanted.map((id, i) => {
    const seen = known[i] ?? later.get(id)
    if (seen === undefined || seen instanceof QueueError) return { id, why: seen?.message ?? 'no such job' }
    // Short forms and `last` are for people who type.
    return seen.id === id ? seen : { id, why: 'no such job' }
  })
}

const FILTERS = ['state', 'queue', 'tag', 'q', 'error']

async function byFilter({ live }: Site, filter: unknown, isNotCancelled: boolean): Promise<Asked['jobs']> {
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter))
    throw new Refusal(400, 'filter: expected an object')
  for (const [name, value] of Object.entries(filter)) {
    if (!FILTERS.includes(name)) throw new Refusal(400, `filter: unknown ${name}`, `there are: ${FILTERS.join(', ')}`)
    if (typeof value !== 'string') throw new Refusal(400, `filter: ${name}: expected a text`)
  }
  const search = readSearch(filter as Record<string, string>)
  const jobs = await live.select(search)
  if (!isNotCancelled) return jobs
  const cancelled = new Set((await live.select({ ...search, isCancelled: true })).map(({ id }) => id))
  const why = 'it was cancelled; retry it by its id, or with "cancelled": true'
  return jobs.map((job) => (cancelled.has(job.id) ? { id: job.id, why } : job))
}
