/** The workers: what each runs and uses, its log, and how it is stopped. */
import type { Hono } from 'hono'
import { monotonicMs } from '../../clock.ts'
import type { SlotInfo, WorkerInfo } from '../../queue.ts'
import type { StopMode } from '../../spool/stop-message.ts'
import { stopWorkers } from '../../worker/stop.ts'
import { readBody } from '../body.ts'
import type { ServerContext } from '../context.ts'
import type { EventFeed } from '../event-stream.ts'
import { STOP_MODES } from '../openapi/schemas.ts'
import { HttpError } from '../problem.ts'

/** A measurement takes 200 ms; clients that ask within this time (ms) share one. */
const SHARED_MS = 1000
/** How long (s) a stop waits for the worker's end before it answers. */
const STOP_WAIT_S = 1

export function workerRoutes(app: Hono, { queue }: ServerContext, feed: EventFeed): void {
  let measured: { readonly at: number; readonly slots: Promise<readonly SlotInfo[]> } | undefined
  const find = async (name: string): Promise<WorkerInfo> => {
    const worker = (await feed.workers()).find((one) => one.name === name)
    if (worker) return worker
    throw new HttpError(404, `there is no worker ${name}`)
  }
  app.get('/api/v1/workers', async (c) => c.json({ items: await feed.workers() }))
  app.get('/api/v1/slots', async (c) => {
    if (!measured || monotonicMs() - measured.at > SHARED_MS) measured = { at: monotonicMs(), slots: queue.slots() }
    return c.json({ items: await measured.slots })
  })
  app.get('/api/v1/workers/:worker/log', async (c) => {
    const { name } = await find(c.req.param('worker'))
    const items = await queue.workerLog(name)
    if (!items) throw new HttpError(404, `${name} has no log file here: it writes to its terminal or to a service`)
    return c.json({ items })
  })
  app.post('/api/v1/workers/:worker/stop', async (c) => {
    const { mode = 'drain' } = await readBody(c)
    if (!isMode(mode)) throw new HttpError(400, `mode is ${JSON.stringify(mode)}: expected ${STOP_MODES.join(', ')}`)
    const { name } = await find(c.req.param('worker'))
    const result = await stopWorkers({ home: queue.home, mode, names: [name], timeout: STOP_WAIT_S })
    const end = result.left.length > 0 ? 'stopping' : result.unreachable.length > 0 ? 'unreachable' : 'stopped'
    return c.json({ name, end }, end === 'stopping' ? 202 : 200)
  })
}

const isMode = (mode: unknown): mode is StopMode => STOP_MODES.some((one) => one === mode)
