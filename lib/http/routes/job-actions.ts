/** Changes one job: the verbs of the command line. */
import { createHash } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { defaultDirectory } from '../../config/env.ts'
import { QueueError } from '../../errors.ts'
import { type Job, type JobRequest, OUR_MEMBERS } from '../../job/job.ts'
import { memberValue, overridden, withDefault } from '../../job/spelling.ts'
import { HttpError } from '../problem.ts'
import { fullJobJson } from '../job-json.ts'
import type { ServerContext } from '../context.ts'
import { etagOf, findJob } from './jobs.ts'
import { readBody, readReason } from '../body.ts'

/** How long (ms) a cancel waits for the run to end before it answers 202. */
const CANCEL_WAIT_MS = 2000

export function jobActionRoutes(app: Hono, ctx: ServerContext): void {
  const { queue } = ctx
  app.post('/api/v1/jobs', async (c) => {
    const { job, isNew } = await enqueue(ctx, await readBody(c), c.req.header('idempotency-key'))
    return answer(c, job, isNew ? 201 : 200)
  })
  app.patch('/api/v1/jobs/:id', async (c) => {
    const id = c.req.param('id')
    const expected = c.req.header('if-match')
    if (expected === undefined) throw new HttpError(428, 'send the ETag of the job as If-Match')
    const members = await readBody(c)
    const isUnchanged = (job: Job): boolean =>
      expected === '*' || expected.split(',').some((tag) => tag.trim() === etagOf(job))
    if (!(await queue.change(await jobRef(ctx, id), members, isUnchanged)))
      throw new HttpError(412, `${id} has changed since you read it`, 'read it again')
    return answer(c, await findJob(ctx, id))
  })
  app.delete('/api/v1/jobs/:id', async (c) => {
    await queue.purge(await jobRef(ctx, c.req.param('id')))
    return c.body(null, 204)
  })
  app.post('/api/v1/jobs/:id/retry', async (c) => {
    await readBody(c)
    return answer(c, await queue.retry(await jobRef(ctx, c.req.param('id'))))
  })
  app.post('/api/v1/jobs/:id/cancel', async (c) => {
    const reason = readReason(await readBody(c))
    const job = await queue.cancel(await jobRef(ctx, c.req.param('id')), reason, { waitMs: CANCEL_WAIT_MS })
    return answer(c, job, job.state === 'processing' ? 202 : 200)
  })
  for (const verb of ['hold', 'release'] as const)
    app.post(`/api/v1/jobs/:id/${verb}`, async (c) => {
      await readBody(c)
      const { id } = await queue[verb](await jobRef(ctx, c.req.param('id')))
      return answer(c, await findJob(ctx, id))
    })
  app.post('/api/v1/jobs/:id/duplicate', async (c) => {
    const changed = await readBody(c)
    const { job, isNew } = await enqueue(ctx, { ...requestOf(await findJob(ctx, c.req.param('id'))), ...changed })
    return answer(c, job, isNew ? 201 : 200)
  })
}

function answer(c: Context, job: Job, status: 200 | 201 | 202 = 200): Response {
  c.header('ETag', etagOf(job))
  if (status === 201) c.header('Location', `/api/v1/jobs/${job.id}`)
  return c.json(fullJobJson(job), status)
}

/**
 * Names a job for the verbs: by its position in the index where known, so that they need not search for it.
 * @throws QueueError NOT_FOUND
 */
async function jobRef(
  ctx: ServerContext,
  id: string,
): Promise<Job['id'] | NonNullable<Awaited<ReturnType<ServerContext['live']['find']>>>> {
  return (await ctx.live.find(id)) ?? (await findJob(ctx, id)).id
}

/**
 * Enqueues a job. With an idempotency key the id is derived from it, so the queue itself refuses a second job, also
 * through another server. A digest of the request is kept in the job to detect another request with the same key.
 */
export async function enqueue(
  { queue }: Pick<ServerContext, 'queue'>,
  request: Record<string, unknown>,
  key?: string,
): Promise<{ readonly job: Job; readonly isNew: boolean }> {
  // The directory where the server was started means nothing to its clients.
  const full = withDefault(request, 'cwd', defaultDirectory())
  if (key === undefined) return enqueued(await queue.enqueue(full as JobRequest))
  if (key === '' || key.length > 200) throw new HttpError(400, 'Idempotency-Key: expected 1 to 200 characters')
  const requestDigest = digest(JSON.stringify(request))
  const chosen = memberValue(request, 'id')
  const id = typeof chosen === 'string' ? chosen : `key-${digest(key)}`
  const keyed = overridden(full, { id, idempotency: { key, request: requestDigest } })
  try {
    return enqueued(await queue.enqueue(keyed as JobRequest))
  } catch (error) {
    if (!(error instanceof QueueError && error.code === 'DUPLICATE_JOB')) throw error
    const job = await queue.get(id)
    const { idempotency: before } = job as { idempotency?: { key?: unknown; request?: unknown } }
    if (before?.key !== key) throw error
    if (before.request !== requestDigest) throw new HttpError(422, 'this Idempotency-Key was used for another request')
    return { job, isNew: false }
  }
}

const enqueued = (job: Job) => ({ job, isNew: job.deduplicated !== true })

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32)

/** The request that would enqueue the same job again. */
function requestOf(job: Job): Record<string, unknown> {
  const omitted: readonly string[] = [...OUR_MEMBERS, 'id', 'run_at', 'idempotency']
  return Object.fromEntries(Object.entries(job).filter(([name]) => !omitted.includes(name)))
}
