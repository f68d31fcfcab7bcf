/**
 * The web application: which route is answered where. It calls the verbs of `queue.ts`, holds nothing of its own, and
 * sees no file but the pages. What the routes take and give is written down in `openapi/`.
 */
import { Hono } from 'hono'
import { Broadcast } from './event-stream.ts'
import { nowMs } from '../clock.ts'
import { guard } from './access.ts'
import { Limits } from './rate-limit.ts'
import { openapi } from './openapi/document.ts'
import { pagesIn } from './static-files.ts'
import { problem, Refusal } from './problem.ts'
import { bulkRoutes } from './routes/bulk.ts'
import { changeRoutes } from './routes/job-actions.ts'
import { jobRoutes } from './routes/jobs.ts'
import { logRoutes } from './routes/logs.ts'
import { pastRoutes } from './routes/events.ts'
import { plainRoutes } from './routes/legacy.ts'
import { sessionRoutes } from './routes/session.ts'
import { statsRoutes } from './routes/stats.ts'
import { streamRoutes } from './routes/stream.ts'
import type { Site } from './context.ts'
import { VERSION } from '../version.ts'

export function makeApp(site: Site): Hono {
  const { options, queue, tokens } = site
  const app = new Hono()
  const limits = new Limits()
  const broadcast = new Broadcast(site)
  app.onError((error, c) => problem(c, error, options.tell))
  const { trace } = options
  if (trace)
    app.use(async (c, next) => {
      const begun = nowMs()
      await next()
      // Never the query: a link that signs in is one.
      trace(`${c.req.method} ${c.req.path} ${c.res.status} ${nowMs() - begun} ms`)
    })
  app.use(guard({ options, tokens, limits }))
  app.get('/healthz', (c) => {
    // Throws when the home cannot be read.
    queue.config()
    return c.json({ status: 'ok' })
  })
  app.get('/api/v1/openapi.json', (c) => c.json(openapi(VERSION)))
  sessionRoutes(app, site, limits)
  jobRoutes(app, site)
  // Before those of one job, of which it looks like an id.
  bulkRoutes(app, site)
  changeRoutes(app, site)
  logRoutes(app, site, limits)
  statsRoutes(app, site, broadcast)
  pastRoutes(app, site)
  streamRoutes(app, site, broadcast, limits)
  plainRoutes(app, site)
  app.all('/api/*', (c) => {
    throw new Refusal(404, `there is no ${c.req.method} ${c.req.path}`, 'see /api/v1/openapi.json')
  })
  app.get('*', pagesIn(options.pages))
  app.notFound((c) => problem(c, new Refusal(404, `there is no ${c.req.method} ${c.req.path}`), options.tell))
  return app
}
