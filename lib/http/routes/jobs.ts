/** Jobs as they are: a page of them, one, its runs. */
import { createHash } from 'node:crypto'
import type { Hono } from 'hono'
import { QueueError } from '../../errors.ts'
import type { Job, Run } from '../../job/job.ts'
import type { Queue, RunOutput } from '../../queue.ts'
import { cursorOf, readCount, readMark, readSearch, readSort } from '../query-params.ts'
import { Refusal } from '../problem.ts'
import { rowJson, wholeJson } from '../job-json.ts'
import type { Site } from '../context.ts'

const PAGE = 50
const MOST = 500

export function jobRoutes(app: Hono, site: Site): void {
  const { live, queue } = site
  app.get('/api/v1/jobs', async (c) => {
    const query = c.req.query()
    const { items, next, total, isExact } = await live.page(readSearch(query), {
      ...readSort(query.sort),
      limit: readCount(query, 'limit', 1, MOST) ?? PAGE,
      after: readMark(query.cursor),
    })
    return c.json({ items: items.map(rowJson), next_cursor: cursorOf(next), total, total_is_exact: isExact })
  })
  app.get('/api/v1/jobs/:id', async (c) => {
    const job = await theJob(site, c.req.param('id'))
    c.header('ETag', tagOf(job))
    return c.json(wholeJson(job, queue.progress(job)))
  })
  app.get('/api/v1/jobs/:id/attempts', async (c) => {
    const job = await theJob(site, c.req.param('id'))
    return c.json({ items: runsOf(queue, job) })
  })
  app.get('/api/v1/jobs/:id/attempts/:n', async (c) => {
    const job = await theJob(site, c.req.param('id'))
    return c.json(theRun(queue, job, c.req.param('n')))
  })
}

/**
 * The job of this id, whole. An id is looked up and nothing else: no path is made of it.
 * @throws QueueError NOT_FOUND, FAILED when its file cannot be read
 */
export async function theJob({ live, queue }: Site, id: string): Promise<Job> {
  const seen = await live.find(id)
  const [listed] = seen ? live.read([id]) : []
  if (listed?.job) return listed.job
  const job = await queue.get(id)
  // Short forms and `last` are for people who type.
  if (job.id !== id) throw new QueueError('NOT_FOUND', `cannot show ${id}: no such job`)
  return job
}

/** The version of a job: another one whenever anything of it changes, or where it lies. */
export const tagOf = (job: Job): string =>
  `"${createHash('sha256').update(JSON.stringify(job)).digest('base64url').slice(0, 22)}"`

interface Attempt extends Partial<Omit<Run, 'outcome' | 'run'>>, RunOutput {
  readonly outcome: string
}

/** Every run that left a trace in the record or in its output, oldest first. */
export function runsOf(queue: Queue, job: Job): Attempt[] {
  const runs = new Map<number, Attempt>()
  for (const { run, ...bytes } of queue.written(job)) runs.set(run, { run, outcome: 'running', ...bytes })
  for (const run of job.history)
    runs.set(run.run, { stdout_bytes: null, stderr_bytes: null, ...runs.get(run.run), ...run })
  const current = runs.get(job.runs)
  const { started_at, worker, slot } = job
  if (job.state === 'processing' && current?.outcome === 'running')
    runs.set(job.runs, {
      ...current,
      ...(started_at === undefined ? {} : { started_at }),
      ...(worker === undefined ? {} : { worker }),
      ...(slot === undefined ? {} : { slot }),
    })
  return [...runs.values()]
    .filter((run) => run.outcome !== 'running' || (job.state === 'processing' && run.run === job.runs))
    .sort((a, b) => a.run - b.run)
}

/** @throws Refusal 404 */
export function theRun(queue: Queue, job: Job, n: string): Attempt {
  const runs = runsOf(queue, job)
  const run = n === 'last' ? runs.at(-1) : runs.find((one) => String(one.run) === n)
  if (run) return run
  const known = runs.map((one) => one.run).join(', ')
  throw new Refusal(404, `${job.id} has no run ${n}`, known === '' ? 'it has not been started' : `it has: ${known}`)
}
