/** Lists, pauses, resumes and runs schedules. */
import type { Hono } from 'hono'
import { QueueError } from '../../errors.ts'
import { isoTime } from '../../job/time.ts'
import { isBad, type Schedule } from '../../schedule/schedule.ts'
import { readBody, readReason } from '../body.ts'
import type { ServerContext } from '../context.ts'

/** How many of its next times are told. */
const NEXT_TIMES = 10

export function scheduleRoutes(app: Hono, { queue, live }: ServerContext): void {
  /** @throws QueueError NOT_FOUND */
  const shown = async (name: string): Promise<object> => {
    const info = await queue.schedule(name)
    if (info) return info
    throw new QueueError('NOT_FOUND', `there is no schedule ${JSON.stringify(name)}`)
  }
  app.get('/api/v1/schedules', async (c) => c.json({ items: await queue.schedules() }))
  app.get('/api/v1/schedules/:schedule', async (c) => {
    const name = c.req.param('schedule')
    const [info, schedule] = [await shown(name), await queue.readSchedule(name)]
    const history = (await queue.scheduleHistory(name)).map(async (one) => {
      const found = one.job === undefined ? undefined : await live.find(one.job)
      return { ...one, ...(found ? { state: found.state } : {}) }
    })
    return c.json({
      ...info,
      ...(schedule && !isBad(schedule) ? termsOf(schedule) : {}),
      upcoming: (await queue.nextTimes(name, NEXT_TIMES)).map(isoTime),
      history: await Promise.all(history),
    })
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

/** What its file says, beside the times. */
const termsOf = ({ timing, missed, overlap, jitter, job }: Schedule): object => ({
  ...(timing.kind === 'cron' ? { tz: timing.tz } : {}),
  missed,
  overlap,
  ...(jitter > 0 ? { jitter_seconds: jitter / 1000 } : {}),
  job,
})
