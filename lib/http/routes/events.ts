/** Reads the journal: a page of events, newest first. */
import type { Hono } from 'hono'
import { encodeCursor, readCount, readCursor, readInstant } from '../query-params.ts'
import type { ServerContext } from '../context.ts'
import type { JournalOffset } from '../../queue.ts'
import type { Event } from '../../journal/journal.ts'
import { eventJson } from '../job-json.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

export function eventRoutes(app: Hono, { queue }: ServerContext): void {
  app.get('/api/v1/events', async (c) => {
    const query = c.req.query()
    const kinds = query.event?.split(',').filter(Boolean) ?? []
    const since = readInstant(query, 'since') ?? Number.NEGATIVE_INFINITY
    const until = readInstant(query, 'until')
    const text = query.q?.toLowerCase()
    const { items, next } = await queue.eventPage({
      matches: (event) =>
        (query.job === undefined || event.job === query.job) &&
        (kinds.length === 0 || kinds.includes(event.event)) &&
        (until === undefined || Date.parse(event.at) < until) &&
        (!text || occurs(event, text)),
      limit: readCount(query, 'limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT,
      before: readCursor<JournalOffset>(query.cursor, { day: 'string', offset: 'number' }),
      since,
    })
    return c.json({ items: items.map(eventJson), next_cursor: encodeCursor(next) })
  })
}

const occurs = ({ job, event, worker, error, queue }: Event, lower: string): boolean =>
  [job, event, worker, error, queue].some((one) => one?.toLowerCase().includes(lower))
