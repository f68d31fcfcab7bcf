/** Reads and changes the settings. */
import type { Hono } from 'hono'
import { DEFAULTS, SETTINGS } from '../../config/schema.ts'
import type { Queue } from '../../queue.ts'
import { CONFIG_KEYS, findKey, parseValue, shownValue } from '../../config/keys.ts'
import { environment } from '../../config/env.ts'
import { readBody } from '../body.ts'
import type { ServerContext } from '../context.ts'

export function configRoutes(app: Hono, { queue }: ServerContext): void {
  app.get('/api/v1/config', (c) => c.json({ items: settingsOf(queue) }))
  app.patch('/api/v1/config', async (c) => {
    const changes = Object.entries(await readBody(c)).map(([typed, value]) => {
      const key = findKey(typed, 'BAD_CONFIG')
      // Parsed like an argument of the command line, so that both accept the same values.
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
