/** Numbers about the whole queue. */
import type { Hono } from 'hono'
import type { Queue } from '../../queue.ts'

export function statsRoutes(app: Hono, queue: Queue): void {
  app.get('/api/v1/stats', async (c) => {
    const { events, duration_ms } = await queue.metrics({ recent: 0 })
    const { count, average, p50, p95 } = duration_ms
    return c.json({
      ...(await countsOf(queue)),
      home: queue.home,
      disk: await queue.room(),
      oldest_ready: null,
      events,
      run_ms: { count, average, p50, p95 },
    })
  })
  app.get('/api/v1/workers', async (c) => c.json({ items: await queue.workers() }))
}

export async function countsOf(queue: Queue): Promise<Record<string, number>> {
  const alive = (await queue.workers()).filter((worker) => worker.life !== 'dead')
  return {
    ...(await queue.count()),
    active_workers: alive.reduce((sum, worker) => sum + worker.slots, 0),
    worker_processes: alive.length,
  }
}
