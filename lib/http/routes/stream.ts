/** The event stream of changes: one for each open page. */
import type { Hono } from 'hono'
import { type EventFeed, type Topic, TOPICS } from '../event-stream.ts'
import type { RateLimits } from '../rate-limit.ts'
import { HttpError } from '../problem.ts'
import type { ServerContext } from '../context.ts'
import { sseResponse } from '../sse.ts'

export function streamRoutes(app: Hono, ctx: ServerContext, feed: EventFeed, limits: RateLimits): void {
  app.get('/api/v1/stream', (c) => {
    const topics = readTopics(c.req.query('topics'))
    const since = c.req.header('last-event-id')
    return sseResponse(c, limits, ctx.end, (signal) => feed.subscribe(topics, since, signal))
  })
}

function readTopics(text: string | undefined): ReadonlySet<Topic> {
  const words = (text ?? '').split(',').filter(Boolean)
  const topics = words.map((word) => {
    const topic = TOPICS.find((one) => one === word)
    if (topic) return topic
    throw new HttpError(400, `unknown topic ${JSON.stringify(word)}`, `there are: ${TOPICS.join(', ')}`)
  })
  return new Set(topics.length === 0 ? TOPICS : topics)
}
