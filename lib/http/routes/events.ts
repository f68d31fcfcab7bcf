/** Reads the journal: a page of events, newest first. */
import type { Hono } from 'hono'
import { parseInstant } from '../../job/time.ts'
import { encodeCursor, readCount, readCursor } from '../query-params.ts'
import { HttpError } from '../problem.ts'
import type { ServerContext } from '../context.ts'
import type { JournalOffset } from '../../queue.ts'
import { eventJson } from '../job-json.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

export function eventRoutes(app: Hono, { queue }: ServerContext): void {
  app.get('/api/v1/events', async (c) => {
    const query = c.req.query()
    const kinds = query.event?.split(',').filter(Boolean) ?? []
    const since = query.since === undefined ? Number.NEGATIVE_INFINITY : parseInstant(query.since)
    if (since === undefined)
      throw new HttpError(400, `since is ${JSON.stringify(query.since)}: expected an ISO 8601 date`)
    const { items, next } = await queue.eventPage({
      matches: ({ job, event }) =>
        (query.job === undefined || job === query.job) && (kinds.length === 0 || kinds.includes(event)),
      limit: readCount(query, 'limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT,
      before: readCursor<JournalOffset>(query.cursor, { day: 'string', offset: 'number' }),
      since,
    })
    return c.json({ items: items.map(eventJson), next_cursor: encodeCursor(next) })
  })
}
