/** Reads jobs: a page of the list, one job, its runs. */
import { createHash } from 'node:crypto'
import type { Hono } from 'hono'
import { nowMs } from '../../clock.ts'
import { QueueError } from '../../errors.ts'
import { explainSentences, startSentence } from '../../query/explain-text.ts'
import type { Job, Run } from '../../job/job.ts'
import type { Queue, RunOutput } from '../../queue.ts'
import { encodeCursor, readCount, readPageCursor, readSearch, readSort } from '../query-params.ts'
import { HttpError } from '../problem.ts'
import { jobRowJson, fullJobJson } from '../job-json.ts'
import type { ServerContext } from '../context.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 500

export function jobRoutes(app: Hono, ctx: ServerContext): void {
  const { live, queue } = ctx
  app.get('/api/v1/jobs', async (c) => {
    const query = c.req.query()
    const { items, next, total, isExact } = await live.page(readSearch(query), {
      ...readSort(query.sort),
      limit: readCount(query, 'limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT,
      after: readPageCursor(query.cursor),
    })
    return c.json({ items: items.map(jobRowJson), next_cursor: encodeCursor(next), total, total_is_exact: isExact })
  })
  app.get('/api/v1/jobs/:id', async (c) => {
    const job = await findJob(ctx, c.req.param('id'))
    c.header('ETag', etagOf(job))
    return c.json(fullJobJson(job, queue.progress(job)))
  })
  app.get('/api/v1/jobs/:id/explain', async (c) => {
    const id = c.req.param('id')
    const explanation = await queue.explain((await live.find(id)) ?? (await findJob(ctx, id)).id)
    const now = nowMs()
    const sentences = explainSentences(explanation, { home: queue.home, now })
    return c.json({ ...explanation, sentences, starts: startSentence(explanation, now) })
  })
  app.get('/api/v1/jobs/:id/dependencies', async (c) => {
    const { id } = await findJob(ctx, c.req.param('id'))
    return c.json(await queue.dependencies(id))
  })
  app.get('/api/v1/jobs/:id/attempts', async (c) => {
    const job = await findJob(ctx, c.req.param('id'))
    return c.json({ items: runsOf(queue, job) })
  })
  app.get('/api/v1/jobs/:id/attempts/:n', async (c) => {
    const job = await findJob(ctx, c.req.param('id'))
    return c.json(findRun(queue, job, c.req.param('n')))
  })
}

/**
 * The job with exactly this id. The id is only looked up; no path is built from it.
 * @throws QueueError NOT_FOUND, FAILED when its file cannot be read
 */
export async function findJob({ live, queue }: ServerContext, id: string): Promise<Job> {
  const [listed] = (await live.find(id)) ? live.read([id]) : []
  if (listed?.job) return listed.job
  const job = await queue.get(id)
  // Abbreviated ids and `last` are for the command line only.
  if (job.id !== id) throw new QueueError('NOT_FOUND', `cannot show ${id}: no such job`)
  return job
}

/** The version of a job: differs whenever any member or the state changes. */
export const etagOf = (job: Job): string =>
  `"${createHash('sha256').update(JSON.stringify(job)).digest('base64url').slice(0, 22)}"`

interface RunJson extends Partial<Omit<Run, 'outcome' | 'run'>>, RunOutput {
  readonly outcome: string
}

/** Every run that appears in the history or has output files, oldest first. */
export function runsOf(queue: Queue, job: Job): RunJson[] {
  const runs = new Map<number, RunJson>()
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

/** @throws HttpError 404 */
export function findRun(queue: Queue, job: Job, n: string): RunJson {
  const runs = runsOf(queue, job)
  const run = n === 'last' ? runs.at(-1) : runs.find((one) => String(one.run) === n)
  if (run) return run
  const known = runs.map((one) => one.run).join(', ')
  throw new HttpError(404, `${job.id} has no run ${n}`, known === '' ? 'it has not been started' : `it has: ${known}`)
}
