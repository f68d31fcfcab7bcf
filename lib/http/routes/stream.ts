/** What changes, as it changes: one stream of server-sent events for each page that is open. */
import type { Hono } from 'hono'
import { type Broadcast, type Topic, TOPICS } from '../event-stream.ts'
import type { Limits } from '../rate-limit.ts'
import { Refusal } from '../problem.ts'
import type { Site } from '../context.ts'
import { sse } from '../sse.ts'

export function streamRoutes(app: Hono, site: Site, broadcast: Broadcast, limits: Limits): void {
  app.get('/api/v1/stream', (c) => {
    const topics = readTopics(c.req.query('topics'))
    const since = c.req.header('last-event-id')
    return sse(c, limits, site.end, (cut) => broadcast.listen(topics, since, cut))
  })
}

function readTopics(text: string | undefined): ReadonlySet<Topic> {
  const words = (text ?? '').split(',').filter(Boolean)
  const topics = words.map((word) => {
    const topic = TOPICS.find((one) => one === word)
    if (topic) return topic
    throw new Refusal(400, `unknown topic ${JSON.stringify(word)}`, `there are: ${TOPICS.join(', ')}`)
  })
  return new Set(topics.length === 0 ? TOPICS : topics)
}
