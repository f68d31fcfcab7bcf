/** Jobs: a page of them, and one. */
import type { Hono } from 'hono'
import { nearest } from '../../errors.ts'
import { parseState, STATES, type State } from '../../job/job.ts'
import type { Filter, Queue } from '../../queue.ts'
import { Refusal } from '../problem.ts'
import { rowJson, wholeJson } from '../rows.ts'

export function jobRoutes(app: Hono, queue: Queue): void {
  app.get('/api/v1/jobs', async (c) => {
    const { state, queue: name, tag, limit = '50' } = c.req.query()
    const states = readStates(state ?? '')
    const filter: Filter = {
      ...(states.length === 0 ? {} : { states }),
      ...(name === undefined ? {} : { queue: name }),
      ...(tag === undefined ? {} : { tag }),
    }
    const found = await queue.list(filter)
    const items = found.slice(0, Number(limit)).map(rowJson)
    return c.json({ items, next_cursor: null, total: found.length, total_is_exact: true })
  })
  app.get('/api/v1/jobs/:id', async (c) => {
    const job = await queue.get(c.req.param('id'))
    return c.json(wholeJson(job, queue.progress(job)))
  })
}

/** States as asked for; none means all. */
export function readStates(text: string): State[] {
  return text
    .split(',')
    .filter(Boolean)
    .flatMap((word) => {
      const state = parseState(word)
      // What is only not due yet is pending to people.
      if (state) return state === 'pending' ? ['pending', 'scheduled'] : [state]
      const close = nearest(word.toLowerCase(), STATES)
      throw new Refusal(
        400,
        `unknown state ${JSON.stringify(word)}`,
        `${close ? `did you mean ${close}? ` : ''}states: ${STATES.join(', ')}`,
      )
    })
}
