/** What changes, as it changes: one stream of server-sent events for each page that is open. */
import type { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Queue } from '../../queue.ts'
import { rowJson } from '../rows.ts'
import { countsOf } from './stats.ts'

export function streamRoutes(app: Hono, queue: Queue): void {
  app.get('/api/v1/stream', (c) =>
    streamSSE(c, async (stream) => {
      let id = 0
      let told = new Map<string, string>()
      const last: Record<string, string> = {}
      const say = async (event: string, value: unknown): Promise<void> => {
        const data = JSON.stringify(value)
        if (last[event] === data) return
        last[event] = data
        await stream.writeSSE({ event, data, id: String(++id), retry: 2000 })
      }
      let isFirst = true
      while (!stream.aborted) {
        await say('stats', await countsOf(queue))
        await say('workers', { items: await queue.workers() })
        const rows = (await queue.list()).map(rowJson)
        const now = new Map(rows.map((row) => [String(row.id), JSON.stringify(row)]))
        const changed = rows.filter((row) => told.get(String(row.id)) !== now.get(String(row.id)))
        const removed = [...told.keys()].filter((one) => !now.has(one))
        told = now
        if (!isFirst && changed.length + removed.length > 0) await say('jobs', { changed, removed })
        isFirst = false
        await stream.sleep(200)
      }
    }),
  )
}
