/** Counts, totals and time series of the whole queue, its workers and its dead jobs. */
import type { Hono } from 'hono'
import { nowMs } from '../../clock.ts'
import { isoTime } from '../../job/time.ts'
import { prometheusText } from '../../journal/prometheus.ts'
import { MINUTE_MS, TimeStep } from '../../journal/timeseries.ts'
import { GROUP_SORTS } from '../openapi/schemas.ts'
import { readCount, readSearch, readWindow, readWord } from '../query-params.ts'
import type { EventFeed } from '../event-stream.ts'
import { HttpError } from '../problem.ts'
import { VERSION } from '../../version.ts'
import type { LiveJournal } from '../../queue.ts'
import type { ServerContext } from '../context.ts'

const DAY_S = 86_400
const DEFAULT_POINTS = 60
const MAX_TAGS = 100

export function statsRoutes(app: Hono, { queue, live, journal }: ServerContext, feed: EventFeed): void {
  app.get('/api/v1/stats', async (c) => {
    const { events, duration_ms } = journal.upToDate().metrics
    const { count, average, p50, p95 } = duration_ms
    const oldest = (await live.upToDate()).oldestReady()
    return c.json({
      ...(await feed.counts()),
      home: queue.home,
      disk: await queue.room(),
      oldest_ready: oldest ? { ...oldest, seconds: secondsSince(oldest.since) } : null,
      events,
      run_ms: { count, average, p50, p95 },
    })
  })
  app.get('/api/v1/stats/timeseries', (c) => {
    const query = c.req.query()
    const window = readWindow(query.window ?? '1h')
    const step = readCount(query, 'step', 60, DAY_S) ?? Math.max(60, Math.ceil(window / DEFAULT_POINTS / 60) * 60)
    if (step % 60 !== 0) throw new HttpError(400, 'step: expected whole minutes, in seconds')
    // Includes the current minute.
    const to = Math.ceil((nowMs() + 1) / MINUTE_MS) * MINUTE_MS
    const steps = seriesOf(journal.upToDate(), query.queue).between(to - window * 1000, to, step * 1000)
    const all = new TimeStep()
    for (const one of steps) all.merge(one.step)
    return c.json({
      from: isoTime(steps[0]?.at ?? to),
      to: isoTime(to),
      step,
      points: steps.map(({ at, step: { counts, waited, ran } }) => ({
        at: isoTime(at),
        ...counts,
        wait_ms_p50: waited.at(0.5),
        wait_ms_p95: waited.at(0.95),
        run_ms_p50: ran.at(0.5),
        run_ms_p95: ran.at(0.95),
      })),
      totals: all.summary,
      is_complete: journal.isComplete,
    })
  })
  app.get('/api/v1/tags', async (c) => c.json({ items: (await live.upToDate()).tags().slice(0, MAX_TAGS) }))
  app.get('/api/v1/dead/groups', async (c) => {
    const query = c.req.query()
    const { queue: name, tag } = query
    const options = { isExact: query.exact === '1', sort: readWord(query, 'sort', GROUP_SORTS, 'count') }
    return c.json({ items: await live.deadGroups(readSearch({ queue: name, tag }), options) })
  })
  app.get('/metrics', async (c) => {
    const oldest = (await live.upToDate()).oldestReady()
    const text = prometheusText({
      metrics: journal.upToDate().metrics,
      counts: live.counts(),
      queues: live.queues(),
      pauses: await queue.pauses(),
      limits: await queue.limits(),
      schedules: await queue.schedules(),
      workers: await feed.workers(),
      oldestReadySeconds: oldest && secondsSince(oldest.since),
      now: nowMs(),
      version: VERSION,
    })
    return c.body(text, 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
}

const seriesOf = (journal: LiveJournal, queue: string | undefined) => (queue ? journal.seriesOf(queue) : journal.series)

const secondsSince = (time: string): number => Math.max(0, (nowMs() - Date.parse(time)) / 1000)
