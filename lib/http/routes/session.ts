/** Signing in: the token, or a link that may be opened once, for a cookie that scripts cannot read. */
import type { Context, Hono } from 'hono'
import { VERSION } from '../../version.ts'
import { addressOf, isSignedIn, signIn, signOut } from '../access.ts'
import { bodyOf, type Limits } from '../rate-limit.ts'
import { Refusal } from '../problem.ts'
import type { Site } from '../context.ts'

export function sessionRoutes(app: Hono, site: Site, limits: Limits): void {
  const { tokens, options, queue } = site
  const session = (c: Context, isIn: boolean): Response =>
    c.json({
      needs_token: tokens !== undefined,
      authenticated: isIn,
      read_only: options.readOnly,
      version: VERSION,
      home: isIn ? queue.home : null,
    })
  const isIn = (c: Context): boolean => {
    const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    return !tokens || isSignedIn(c, tokens) || (bearer !== undefined && tokens.isToken(bearer))
  }
  app.get('/api/v1/session', (c) => {
    if (c.req.header('authorization') !== undefined) limits.refuseSpent('failing', addressOf(c))
    const yes = isIn(c)
    if (!yes && c.req.header('authorization') !== undefined) limits.count('failing', addressOf(c))
    return session(c, yes)
  })
  app.post('/api/v1/session', async (c) => {
    const { token } = await bodyOf(c)
    if (!tokens) return session(c, true)
    limits.refuseSpent('failing', addressOf(c))
    if (typeof token !== 'string' || !tokens.isToken(token)) {
      limits.count('failing', addressOf(c))
      throw new Refusal(401, 'the token is wrong')
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
      limits.refuseSpent('failing', addressOf(c))
      if (tokens.openLink(code)) signIn(c, tokens)
      else limits.count('failing', addressOf(c))
    }
    // Whoever has no cookie after this is asked for the token by the pages.
    return c.redirect('/', 303)
  })
}
