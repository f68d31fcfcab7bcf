/**
 * The web application: which route is answered where. It calls the verbs of `queue.ts`, holds nothing of its own, and
 * sees no file but the pages.
 */
import { Hono } from 'hono'
import type { Queue } from '../queue.ts'
import { openapi } from './openapi/document.ts'
import { pagesIn } from './pages.ts'
import { problem, Refusal } from './problem.ts'
import { jobRoutes } from './routes/jobs.ts'
import { statsRoutes } from './routes/stats.ts'
import { streamRoutes } from './routes/stream.ts'
import { VERSION } from '../version.ts'

export interface Options {
  /** The directory of the built pages. */
  readonly pages: string
  readonly readOnly: boolean
  /** What a request must bring; undefined: nothing is asked. */
  readonly token: string | undefined
  /** Hears of what is our fault. */
  readonly tell: (error: unknown) => void
}

export function makeApp(queue: Queue, options: Options): Hono {
  const app = new Hono()
  app.onError((error, c) => problem(c, error, options.tell))
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/api/v1/openapi.json', (c) => c.json(openapi(VERSION)))
  app.get('/api/v1/session', (c) =>
    c.json({
      needs_token: options.token !== undefined,
      authenticated: true,
      read_only: options.readOnly,
      version: VERSION,
      home: queue.home,
    }),
  )
  jobRoutes(app, queue)
  statsRoutes(app, queue)
  streamRoutes(app, queue)
  app.all('/api/*', (c) => {
    throw new Refusal(404, `no ${c.req.path} here`, 'see /api/v1/openapi.json')
  })
  app.get('*', pagesIn(options.pages))
  return app
}
