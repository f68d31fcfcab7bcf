/** The routes and answers of an older dashboard, for clients that were written for it. */
import type { Hono } from 'hono'
import { QueueError } from '../../errors.ts'
import { readStateFilter } from '../query-params.ts'
import { eventJson, jobRowJson } from '../job-json.ts'
import type { ServerContext } from '../context.ts'
import { enqueue } from './job-actions.ts'
import { shownState } from '../../job/state.ts'
import { readBody } from '../body.ts'

const MAX_JOBS = 1000
const MAX_EVENTS = 100

export function legacyRoutes(app: Hono, ctx: ServerContext): void {
  const { queue, live, journal } = ctx
  app.get('/api/stats', async (c) => {
    const { corrupt: _no, scheduled: _within, waiting: _too, ...counts } = (await live.upToDate()).counts()
    return c.json(counts)
  })
  app.get('/api/jobs', async (c) => {
    const states = readStateFilter(c.req.query('state'))
    const page = { sort: 'created', isReverse: true, limit: MAX_JOBS, after: undefined } as const
    const { items } = await live.page(states ? { states } : {}, page)
    return c.json(items.map(jobRowJson))
  })
  app.get('/api/metrics', async (c) => {
    const { events, duration_ms } = journal.upToDate().metrics
    const allEvents = { matches: () => true, before: undefined, since: Number.NEGATIVE_INFINITY }
    const { items } = await queue.eventPage({ ...allEvents, limit: MAX_EVENTS })
    return c.json({
      event_counts: events,
      avg_duration_seconds: (duration_ms.average ?? 0) / 1000,
      recent_events: items.map(eventJson),
    })
  })
  app.post('/api/enqueue', async (c) => {
    const body = await readBody(c)
    try {
      const { job } = await enqueue(ctx, Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)))
      return c.json({ success: true, job_id: job.id, message: `Job ${job.id} enqueued as ${shownState(job.state)}` })
    } catch (error) {
      if (error instanceof QueueError) return c.json({ error: error.message }, 400)
      throw error
    }
  })
  app.post('/api/retry/:id', async (c) => {
    await readBody(c)
    try {
      const { id } = await queue.retry((await live.find(c.req.param('id'))) ?? c.req.param('id'))
      return c.json({ success: true, message: `Job ${id} reset to pending` })
    } catch (error) {
      if (error instanceof QueueError) return c.json({ error: error.message }, 500)
      throw error
    }
  })
}
