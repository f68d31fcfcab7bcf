/** What has happened, and what is set: events and settings. */
import type { Hono } from 'hono'
import { SETTINGS } from '../../config/schema.ts'
import { parseInstant } from '../../job/time.ts'
import { cursorOf, readCount, readCursor } from '../query-params.ts'
import { eventJson } from '../event-stream.ts'
import { bodyOf } from '../rate-limit.ts'
import { Refusal } from '../problem.ts'
import type { Site } from '../context.ts'
import type { JournalOffset, Queue } from '../../queue.ts'
import { DEFAULTS } from '../../config/schema.ts'
import { CONFIG_KEYS, findKey, parseValue, shownValue } from '../../config/keys.ts'
import { environment } from '../../config/env.ts'

const PAGE = 100
const MOST = 1000

export function pastRoutes(app: Hono, { queue }: Site): void {
  app.get('/api/v1/events', async (c) => {
    const query = c.req.query()
    const kinds = query.event?.split(',').filter(Boolean) ?? []
    const since = query.since === undefined ? Number.NEGATIVE_INFINITY : parseInstant(query.since)
    if (since === undefined)
      throw new Refusal(400, `since is ${JSON.stringify(query.since)}: expected an ISO 8601 date`)
    const { items, next } = await queue.eventPage({
      matches: ({ job, event }) =>
        (query.job === undefined || job === query.job) && (kinds.length === 0 || kinds.includes(event)),
      limit: readCount(query, 'limit', 1, MOST) ?? PAGE,
      before: readCursor<JournalOffset>(query.cursor, { day: 'string', offset: 'number' }),
      since,
    })
    return c.json({ items: items.map(eventJson), next_cursor: cursorOf(next) })
  })
  app.get('/api/v1/config', (c) => c.json({ items: settingsOf(queue) }))
  app.patch('/api/v1/config', async (c) => {
    const changes = Object.entries(await bodyOf(c)).map(([typed, value]) => {
      const key = findKey(typed, 'BAD_CONFIG')
      // As on the command line, so that both allow the same.
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      return [key, value === null ? undefined : parseValue(key, text)] as const
    })
    for (const [key, value] of changes) await queue.setConfig(key, value)
    return c.json({ items: settingsOf(queue) })
  })
}

function settingsOf(queue: Queue): object[] {
  const config = queue.config()
  const set = queue.settings()
  const isFromEnvironment = environment().foreground !== undefined
  return CONFIG_KEYS.map((key) => ({
    key,
    value: shownValue(key, config[key]),
    default: DEFAULTS[key],
    source: key === 'foreground' && isFromEnvironment ? 'environment' : set[key] === undefined ? 'default' : 'file',
    meaning: SETTINGS[key].meaning,
    expected: SETTINGS[key].expected,
  }))
}
