/** Applies one action to many jobs: at once, or as an operation that goes on after the answer. */
import type { Hono } from 'hono'
import { readBody } from '../body.ts'
import { applyToAll, BulkTally, readBulkChange } from '../bulk-change.ts'
import type { ServerContext } from '../context.ts'
import { Operations } from '../operations.ts'
import { HttpError } from '../problem.ts'

export function bulkRoutes(app: Hono, ctx: ServerContext): void {
  const operations = new Operations(ctx)
  app.post('/api/v1/jobs/bulk', async (c) => {
    const change = await readBulkChange(ctx, await readBody(c))
    const tally = new BulkTally()
    await applyToAll(change, tally, ctx.end)
    const { changed, skipped, skippedCount } = tally
    const { action, isDry, jobs } = change
    return c.json({ action, dry_run: isDry, matched: jobs.length, changed, skipped, skipped_count: skippedCount })
  })
  app.get('/api/v1/operations', (c) => c.json({ items: operations.list() }))
  app.post('/api/v1/operations', async (c) => {
    const change = await readBulkChange(ctx, await readBody(c))
    if (change.isDry) throw new HttpError(400, 'dry_run: an operation changes jobs', 'try it at /api/v1/jobs/bulk')
    const begun = operations.begin(change)
    c.header('Location', `/api/v1/operations/${begun.id}`)
    return c.json(begun, 202)
  })
  app.get('/api/v1/operations/:operation', (c) => c.json(operations.get(c.req.param('operation'))))
  app.post('/api/v1/operations/:operation/cancel', async (c) => {
    await readBody(c)
    return c.json(operations.cancel(c.req.param('operation')))
  })
}
