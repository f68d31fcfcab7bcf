/** Changes of one job: the verbs of the command line. */
import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import type { Context, Hono } from 'hono'
import { QueueError } from '../../errors.ts'
import { type Job, type JobRequest, OUR_MEMBERS } from '../../job/job.ts'
import { bodyOf } from '../rate-limit.ts'
import { Refusal } from '../problem.ts'
import { wholeJson } from '../job-json.ts'
import type { Site } from '../context.ts'
import { tagOf, theJob } from './jobs.ts'

/** How long (ms) a cancel waits for a run to end, before it says that it has not yet. */
const PATIENCE_MS = 2000

export function changeRoutes(app: Hono, site: Site): void {
  const { queue } = site
  app.post('/api/v1/jobs', async (c) => {
    const { job, isNew } = await enqueue(site, await bodyOf(c), c.req.header('idempotency-key'))
    return answer(c, job, isNew ? 201 : 200)
  })
  app.patch('/api/v1/jobs/:id', async (c) => {
    const id = c.req.param('id')
    const asRead = c.req.header('if-match')
    if (asRead === undefined) throw new Refusal(428, 'send the ETag of the job as If-Match')
    const members = await bodyOf(c)
    const isAsRead = (job: Job): boolean => asRead === '*' || asRead.split(',').some((tag) => tag.trim() === tagOf(job))
    if (!(await queue.change(await meant(site, id), members, isAsRead)))
      throw new Refusal(412, `${id} has changed since you read it`, 'read it again')
    return answer(c, await theJob(site, id))
  })
  app.delete('/api/v1/jobs/:id', async (c) => {
    await queue.purge(await meant(site, c.req.param('id')))
    return c.body(null, 204)
  })
  app.post('/api/v1/jobs/:id/retry', async (c) => {
    await bodyOf(c)
    return answer(c, await queue.retry(await meant(site, c.req.param('id'))))
  })
  app.post('/api/v1/jobs/:id/cancel', async (c) => {
    const reason = reasonIn(await bodyOf(c))
    const job = await queue.cancel(await meant(site, c.req.param('id')), reason, { waitMs: PATIENCE_MS })
    return answer(c, job, job.state === 'processing' ? 202 : 200)
  })
  for (const verb of ['hold', 'release'] as const)
    app.post(`/api/v1/jobs/:id/${verb}`, async (c) => {
      await bodyOf(c)
      const { id } = await queue[verb](await meant(site, c.req.param('id')))
      return answer(c, await theJob(site, id))
    })
  app.post('/api/v1/jobs/:id/duplicate', async (c) => {
    const changed = await bodyOf(c)
    const { job } = await enqueue(site, { ...asRequest(await theJob(site, c.req.param('id'))), ...changed })
    return answer(c, job, 201)
  })
}

function answer(c: Context, job: Job, status: 200 | 201 | 202 = 200): Response {
  c.header('ETag', tagOf(job))
  if (status === 201) c.header('Location', `/api/v1/jobs/${job.id}`)
  return c.json(wholeJson(job), status)
}

/**
 * A job as the verbs mean it: as it was just seen, so that they need not search for it.
 * @throws QueueError NOT_FOUND
 */
async function meant(
  site: Site,
  id: string,
): Promise<Job['id'] | NonNullable<Awaited<ReturnType<Site['live']['find']>>>> {
  return (await site.live.find(id)) ?? (await theJob(site, id)).id
}

/** @throws Refusal 400 */
export function reasonIn({ reason }: Readonly<Record<string, unknown>>): string | undefined {
  if (reason === undefined) return undefined
  if (typeof reason === 'string' && reason.length <= 500) return reason
  throw new Refusal(400, 'reason: expected a text of at most 500 characters')
}

/**
 * Adds a job. With a key the id is made of it, so that the queue itself refuses a second one, whichever server it comes
 * by; what was asked is kept as a mark in the job, to tell the same request from another with the same key.
 */
export async function enqueue(
  { queue }: Pick<Site, 'queue'>,
  request: Record<string, unknown>,
  key?: string,
): Promise<{ readonly job: Job; readonly isNew: boolean }> {
  // Where the server was started means nothing to whoever asks it.
  const whole = { ...request, cwd: request.cwd ?? homedir() } as unknown as JobRequest
  if (key === undefined) return { job: await queue.enqueue(whole), isNew: true }
  if (key === '' || key.length > 200) throw new Refusal(400, 'Idempotency-Key: expected 1 to 200 characters')
  const mark = digest(JSON.stringify(request))
  const id = typeof request.id === 'string' ? request.id : `key-${digest(key)}`
  try {
    return { job: await queue.enqueue({ ...whole, id, idempotency: { key, request: mark } }), isNew: true }
  } catch (error) {
    if (!(error instanceof QueueError && error.code === 'DUPLICATE_JOB')) throw error
    const job = await queue.get(id)
    const before = job.idempotency as { key?: unknown; request?: unknown } | undefined
    if (before?.key !== key) throw error
    if (before.request !== mark) throw new Refusal(422, 'this Idempotency-Key was used for another request')
    return { job, isNew: false }
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32)

/** What a person asked for in a job, without what makes it that one. */
function asRequest(job: Job): Record<string, unknown> {
  const not: readonly string[] = [...OUR_MEMBERS, 'id', 'run_at', 'idempotency']
  return Object.fromEntries(Object.entries(job).filter(([name]) => !not.includes(name)))
}
