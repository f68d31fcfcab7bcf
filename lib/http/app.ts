/**
 * Puts the web application together: the access check, then the routes. Routes call the verbs of `queue.ts`; the only
 * files read here are the pages. `openapi/` describes what each route takes and returns.
 */
import { Hono } from 'hono'
import { EventFeed } from './event-stream.ts'
import { nowMs } from '../clock.ts'
import { accessCheck } from './access.ts'
import { RateLimits } from './rate-limit.ts'
import { openapi } from './openapi/document.ts'
import { serveFilesIn } from './static-files.ts'
import { problemResponse, HttpError } from './problem.ts'
import { bulkRoutes } from './routes/bulk.ts'
import { jobActionRoutes } from './routes/job-actions.ts'
import { jobRoutes } from './routes/jobs.ts'
import { logRoutes } from './routes/logs.ts'
import { configRoutes } from './routes/config.ts'
import { eventRoutes } from './routes/events.ts'
import { legacyRoutes } from './routes/legacy.ts'
import { sessionRoutes } from './routes/session.ts'
import { queueRoutes } from './routes/queues.ts'
import { scheduleRoutes } from './routes/schedules.ts'
import { statsRoutes } from './routes/stats.ts'
import { workerRoutes } from './routes/workers.ts'
import { streamRoutes } from './routes/stream.ts'
import type { ServerContext } from './context.ts'
import { VERSION } from '../version.ts'

export function makeApp(ctx: ServerContext): Hono {
  const { options, queue, tokens } = ctx
  const app = new Hono()
  const limits = new RateLimits()
  const feed = new EventFeed(ctx)
  app.onError((error, c) => problemResponse(c, error, options.report))
  const { trace } = options
  if (trace)
    app.use(async (c, next) => {
      const begun = nowMs()
      await next()
      // Without the query: it may hold a sign-in code.
      trace(`${c.req.method} ${c.req.path} ${c.res.status} ${nowMs() - begun} ms`)
    })
  app.use(accessCheck({ options, tokens, limits }))
  app.get('/healthz', (c) => {
    // Throws when the home cannot be read.
    queue.config()
    return c.json({ status: 'ok' })
  })
  app.get('/api/v1/openapi.json', (c) => c.json(openapi(VERSION)))
  sessionRoutes(app, ctx, limits)
  jobRoutes(app, ctx)
  // Before the routes of one job: `bulk` would match as a job id.
  bulkRoutes(app, ctx)
  jobActionRoutes(app, ctx)
  logRoutes(app, ctx, limits)
  statsRoutes(app, ctx, feed)
  queueRoutes(app, ctx)
  scheduleRoutes(app, ctx)
  workerRoutes(app, ctx, feed)
  eventRoutes(app, ctx)
  configRoutes(app, ctx)
  streamRoutes(app, ctx, feed, limits)
  legacyRoutes(app, ctx)
  app.all('/api/*', (c) => {
    throw new HttpError(404, `there is no ${c.req.method} ${c.req.path}`, 'see /api/v1/openapi.json')
  })
  app.get('*', serveFilesIn(options.pages))
  app.notFound((c) =>
    problemResponse(c, new HttpError(404, `there is no ${c.req.method} ${c.req.path}`), options.report),
  )
  return app
}
