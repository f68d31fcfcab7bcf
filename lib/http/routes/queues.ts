/** Lists, sets, pauses, drains and resumes queues; lists limits. */
import type { Hono } from 'hono'
import { nowMs } from '../../clock.ts'
import { noCounts } from '../../catalog/job-index.ts'
import { ALL_QUEUES, pauseOf } from '../../job/pause.ts'
import { parseInstant } from '../../job/time.ts'
import type { PauseOptions, Queue, QueueChanges } from '../../queue.ts'
import { readBody, readReason } from '../body.ts'
import { HttpError } from '../problem.ts'
import { readWindow } from '../query-params.ts'
import type { ServerContext } from '../context.ts'

/** How long (s) a drain waits for what runs before it answers. */
const DRAIN_WAIT_S = 2

export function queueRoutes(app: Hono, { queue, live, journal }: ServerContext): void {
  app.get('/api/v1/queues', async (c) => {
    const window = c.req.query('window')
    const seconds = window ? readWindow(window) : undefined
    const { items, all } = await withPauses(queue, (await live.upToDate()).queues())
    if (seconds === undefined) return c.json({ items, all })
    const [now, done] = [nowMs(), journal.upToDate()]
    const recent = (name: string): object => done.seriesOf(name).total(now - seconds * 1000, now).summary
    return c.json({ items: items.map((one) => ({ ...one, recent: recent(one.queue) })), all })
  })
  app.get('/api/v1/limits', async (c) => c.json({ items: await queue.limits() }))
  app.patch('/api/v1/queues/:queue', async (c) => {
    // A value that does not fit is refused by the verb.
    return c.json(await queue.setQueue(c.req.param('queue'), (await readBody(c)) as QueueChanges))
  })
  app.post('/api/v1/queues/:queue/pause', async (c) => {
    return c.json(await queue.pauseQueue(c.req.param('queue'), readPause(await readBody(c))))
  })
  app.post('/api/v1/queues/:queue/drain', async (c) => {
    const name = c.req.param('queue')
    const paused = await queue.pauseQueue(name, readPause(await readBody(c)))
    const running = await queue.drainQueue(name, { timeout: DRAIN_WAIT_S })
    return c.json({ ...paused, running }, running.length > 0 ? 202 : 200)
  })
  app.post('/api/v1/queues/:queue/resume', async (c) => {
    await readBody(c)
    const name = c.req.param('queue')
    return c.json({ queue: name, was_paused: await queue.resumeQueue(name) })
  })
}

/** Adds its pause and settings to each queue; one that has these and no job is listed too. And those of all together. */
async function withPauses<C extends { readonly queue: string }>(queue: Queue, counted: readonly C[]) {
  const pauses = await queue.pauses()
  const settings = await queue.queueSettings()
  const known = new Set(counted.map((one) => one.queue))
  const named = new Set([...pauses.keys(), ...settings.keys()])
  const idle = [...named].filter((name) => name !== ALL_QUEUES && !known.has(name))
  const items = [...counted, ...idle.map((name) => ({ queue: name, ...noCounts(), oldest_ready_at: null }))]
    .map((one) => ({
      ...one,
      paused: pauseOf(pauses, one.queue) ?? null,
      settings: settings.get(one.queue) ?? null,
    }))
    .sort((a, b) => (a.queue < b.queue ? -1 : 1))
  return { items, all: { paused: pauseOf(pauses, ALL_QUEUES) ?? null, settings: settings.get(ALL_QUEUES) ?? null } }
}

/** What is said about a pause. @throws HttpError 400 */
function readPause(body: Readonly<Record<string, unknown>>): PauseOptions {
  const [reason, until] = [readReason(body), readUntil(body)]
  return { ...(reason === undefined ? {} : { reason }), ...(until === undefined ? {} : { until }) }
}

/** When a pause ends (ms). @throws HttpError 400 */
function readUntil({ until }: Readonly<Record<string, unknown>>): number | undefined {
  if (until === undefined || until === null) return undefined
  const at = typeof until === 'string' ? parseInstant(until) : undefined
  if (at === undefined || at <= nowMs())
    throw new HttpError(400, 'until: expected a date and time that is still to come')
  return at
}
