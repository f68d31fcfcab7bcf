/** Signs in and out: exchanges the token or a sign-in link for a cookie that scripts cannot read. */
import type { Context, Hono } from 'hono'
import { VERSION } from '../../version.ts'
import { addressOf, hasAccess, signIn, signOut } from '../access.ts'
import type { RateLimits } from '../rate-limit.ts'
import { HttpError } from '../problem.ts'
import type { ServerContext } from '../context.ts'
import { readBody } from '../body.ts'

export function sessionRoutes(app: Hono, ctx: ServerContext, limits: RateLimits): void {
  const { tokens, options, queue } = ctx
  const session = (c: Context, isIn: boolean): Response =>
    c.json({
      needs_token: tokens !== undefined,
      authenticated: isIn,
      read_only: options.readOnly,
      version: VERSION,
      home: isIn ? queue.home : null,
      time_zone: isIn ? Intl.DateTimeFormat().resolvedOptions().timeZone : null,
    })
  app.get('/api/v1/session', (c) => {
    const isIn = !tokens || hasAccess(c, tokens)
    if (!isIn && c.req.header('authorization') !== undefined) limits.countFailure(addressOf(c))
    return session(c, isIn)
  })
  app.post('/api/v1/session', async (c) => {
    const { token } = await readBody(c)
    if (!tokens) return session(c, true)
    if (typeof token !== 'string' || !tokens.isToken(token)) {
      limits.countFailure(addressOf(c))
      throw new HttpError(401, 'the token is wrong')
    }
    signIn(c, tokens)
    return session(c, true)
  })
  app.delete('/api/v1/session', (c) => {
    signOut(c)
    return c.body(null, 204)
  })
  app.get('/login', (c) => {
    const code = c.req.query('code')
    c.header('Cache-Control', 'no-store')
    if (tokens && code !== undefined) {
      if (tokens.redeemLink(code)) signIn(c, tokens)
      else limits.countFailure(addressOf(c))
    }
    // Without a cookie the pages ask for the token.
    return c.redirect('/', 303)
  })
}
