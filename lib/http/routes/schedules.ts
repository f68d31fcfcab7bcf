/** Lists, pauses, resumes and runs schedules. */
import type { Hono } from 'hono'
import { QueueError } from '../../errors.ts'
import { readBody, readReason } from '../body.ts'
import type { ServerContext } from '../context.ts'

export function scheduleRoutes(app: Hono, { queue }: ServerContext): void {
  /** @throws QueueError NOT_FOUND */
  const shown = async (name: string): Promise<object> => {
    const info = await queue.schedule(name)
    if (info) return info
    throw new QueueError('NOT_FOUND', `there is no schedule ${JSON.stringify(name)}`)
  }
  app.get('/api/v1/schedules', async (c) => c.json({ items: await queue.schedules() }))
  app.get('/api/v1/schedules/:schedule', async (c) => {
    const name = c.req.param('schedule')
    return c.json({ ...(await shown(name)), history: await queue.scheduleHistory(name) })
  })
  app.post('/api/v1/schedules/:schedule/pause', async (c) => {
    const name = c.req.param('schedule')
    await queue.pauseSchedule(name, readReason(await readBody(c)))
    return c.json(await shown(name))
  })
  app.post('/api/v1/schedules/:schedule/resume', async (c) => {
    await readBody(c)
    const name = c.req.param('schedule')
    await queue.resumeSchedule(name)
    return c.json(await shown(name))
  })
  app.post('/api/v1/schedules/:schedule/run', async (c) => {
    await readBody(c)
    return c.json(await queue.runSchedule(c.req.param('schedule')), 201)
  })
}
