/**
 * Checks every request before it reaches a route. The server can run commands, so it is protected like a shell, also on
 * the loopback: any page in the browser can send requests to it (CSRF) or pose as it (DNS rebinding).
 *
 * - Host: every request must name this server by one of its own names.
 * - Changes: only from our own pages or from no page at all, and as JSON, which no HTML form can send.
 * - With a token: everything but the static pages, which hold no data, needs the token or its cookie.
 * - Read-only: changes are refused here, whatever routes exist.
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { RateLimits } from './rate-limit.ts'
import { HttpError } from './problem.ts'
import type { ServerOptions } from './context.ts'
import type { Tokens } from './tokens.ts'

/** Pages load only from this server, and run only script files, never inline scripts. */
const PAGES_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const DATA_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

const HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
}

const isChange = (c: Context): boolean => !['GET', 'HEAD'].includes(c.req.method)
const isData = (path: string): boolean => path.startsWith('/api/') || path === '/metrics'
const SESSION = '/api/v1/session'
/** Answered without a token: they expose no data and allow signing in. */
const PUBLIC_PATHS = ['/healthz', '/login', SESSION]

const socketOf = (c: Context): Socket | undefined =>
  (c.env as { incoming?: IncomingMessage } | undefined)?.incoming?.socket

export const addressOf = (c: Context): string => socketOf(c)?.remoteAddress ?? ''

export interface AccessCheck {
  readonly options: ServerOptions
  readonly tokens: Tokens | undefined
  readonly limits: RateLimits
}

export function accessCheck({ options, tokens, limits }: AccessCheck): MiddlewareHandler {
  const names = allowedHosts(options)
  return async (c, next) => {
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value)
    const { path } = c.req
    c.header('Content-Security-Policy', isData(path) ? DATA_POLICY : PAGES_POLICY)
    const host = c.req.header('host') ?? ''
    if (!names.has(hostName(host)))
      throw new HttpError(
        403,
        `this server does not answer to ${JSON.stringify(hostName(host))}`,
        'allow the name with --allow-host',
      )
    const address = addressOf(c)
    const isIn = tokens === undefined || (isData(path) && hasAccess(c, tokens))
    if (isData(path)) {
      // Requests without the token have limits of their own, and the sign-in counts only wrong tokens.
      if (!tokens || path !== SESSION)
        limits.count(isChange(c) ? 'changing' : 'reading', isIn ? address : `${address} without a token`)
      c.header('Cache-Control', 'no-store')
      refuseCrossSite(c, host)
    }
    if (isChange(c)) {
      if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? ''))
        throw new HttpError(415, 'send it as Content-Type: application/json')
      if (options.readOnly && !PUBLIC_PATHS.includes(path)) throw new HttpError(403, 'this server is read-only')
    }
    if (!isIn && isData(path) && !PUBLIC_PATHS.includes(path)) refuseWithoutToken(c, limits, address)
    await next()
  }
}

/** Refuses requests that a browser made for a page of another site. Clients that are no browser send neither header. */
function refuseCrossSite(c: Context, host: string): void {
  const site = c.req.header('sec-fetch-site')
  const origin = c.req.header('origin')
  const isOurs = site === undefined || site === 'same-origin' || (site === 'none' && !isChange(c))
  if (!isOurs || (origin !== undefined && !isSameOrigin(origin, host)))
    throw new HttpError(403, 'refused: this request comes from a page of another site')
}

function isSameOrigin(origin: string, host: string): boolean {
  try {
    const url = new URL(origin)
    return /^https?:$/.test(url.protocol) && url.host === new URL(`${url.protocol}//${host}`).host
  } catch {
    // Pages without an origin send `null`.
    return false
  }
}

const bearerOf = (c: Context): string | undefined => /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]

/** Does the request carry the token, or the cookie that stands in for it? A wrong token is refused despite a cookie. */
export function hasAccess(c: Context, tokens: Tokens): boolean {
  const bearer = bearerOf(c)
  return bearer === undefined ? isSignedIn(c, tokens) : tokens.isToken(bearer)
}

function refuseWithoutToken(c: Context, limits: RateLimits, address: string): never {
  const bearer = bearerOf(c)
  if (bearer !== undefined) limits.countFailure(address)
  throw new HttpError(401, bearer === undefined ? 'a token is needed' : 'the token is wrong', undefined, {
    'WWW-Authenticate': 'Bearer realm="queuectl"',
  })
}

/** Browsers share cookies between all ports of a host, so the name holds the port of this server. */
const cookieName = (c: Context): string => `queuectl-${socketOf(c)?.localPort ?? 0}`

const isSignedIn = (c: Context, tokens: Tokens): boolean => tokens.isCookie(getCookie(c, cookieName(c)) ?? '')

export function signIn(c: Context, tokens: Tokens): void {
  const { value, seconds } = tokens.cookie()
  // Behind an https proxy the browser must never send the cookie in the clear. A forged header only affects its sender.
  const secure = c.req.header('x-forwarded-proto') === 'https'
  setCookie(c, cookieName(c), value, { httpOnly: true, sameSite: 'Strict', path: '/', maxAge: seconds, secure })
}

export const signOut = (c: Context): void =>
  setCookie(c, cookieName(c), '', { httpOnly: true, sameSite: 'Strict', path: '/', maxAge: 0 })

const hostName = (host: string): string => {
  const [, name = ''] = /^(\[[0-9a-fA-F:.]+\]|[^:]*)(?::\d+)?$/.exec(host) ?? []
  return name.toLowerCase().replace(/\.$/, '')
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** The host names that a request may use for this server. */
function allowedHosts({ host, names }: ServerOptions): ReadonlySet<string> {
  const ours = ['localhost', '127.0.0.1', '::1', host, ...names]
  if (!isLoopback(host)) {
    ours.push(hostname())
    for (const one of Object.values(networkInterfaces()).flat()) if (one) ours.push(one.address)
  }
  return new Set(ours.map((name) => bracketed(name).toLowerCase()))
}
