/** The plain routes of an older dashboard, in its shapes, for what was written against it. */
import type { Hono } from 'hono'
import { QueueError } from '../../errors.ts'
import { readStates } from '../query-params.ts'
import { eventJson } from '../event-stream.ts'
import { bodyOf } from '../rate-limit.ts'
import { rowJson } from '../job-json.ts'
import type { Site } from '../context.ts'
import { enqueue } from './job-actions.ts'
import { shownState } from '../../job/state.ts'

const MOST = 1000
const RECENT = 100

export function plainRoutes(app: Hono, site: Site): void {
  const { queue, live, ledger } = site
  app.get('/api/stats', async (c) => {
    const { corrupt: _no, scheduled: _within, ...counts } = (await live.upToDate()).counts()
    return c.json(counts)
  })
  app.get('/api/jobs', async (c) => {
    const states = readStates(c.req.query('state'))
    const page = { sort: 'created', isReverse: true, limit: MOST, after: undefined } as const
    const { items } = await live.page(states ? { states } : {}, page)
    return c.json(items.map(rowJson))
  })
  app.get('/api/metrics', async (c) => {
    const { events, duration_ms } = ledger.upToDate().metrics
    const everything = { matches: () => true, before: undefined, since: Number.NEGATIVE_INFINITY }
    const { items } = await queue.eventPage({ ...everything, limit: RECENT })
    return c.json({
      event_counts: events,
      avg_duration_seconds: (duration_ms.average ?? 0) / 1000,
      recent_events: items.map(eventJson),
    })
  })
  app.post('/api/enqueue', async (c) => {
    const body = await bodyOf(c)
    try {
      const { job } = await enqueue(
        site,
        Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)),
      )
      return c.json({ success: true, job_id: job.id, message: `Job ${job.id} enqueued as ${shownState(job.state)}` })
    } catch (error) {
      if (error instanceof QueueError) return c.json({ error: error.message }, 400)
      throw error
    }
  })
  app.post('/api/retry/:id', async (c) => {
    await bodyOf(c)
    try {
      const { id } = await queue.retry((await live.find(c.req.param('id'))) ?? c.req.param('id'))
      return c.json({ success: true, message: `Job ${id} reset to pending` })
    } catch (error) {
      if (error instanceof QueueError) return c.json({ error: error.message }, 500)
      throw error
    }
  })
}
