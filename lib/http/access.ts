/**
 * Who may ask for what. The server can run commands, so it is guarded like a shell, on the loopback as well: any page in
 * the browser can send requests to it (CSRF), and may even be taken for it (DNS rebinding).
 *
 * - Host: only names that are ours, on every request.
 * - Changes: from our own pages, or from no page at all, and as JSON, which no form can send.
 * - With a token: it, or the cookie that stands for it, for all but the bare pages, which hold nothing.
 * - Read-only: no change passes here, whatever route there is.
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { Limits } from './rate-limit.ts'
import { Refusal } from './problem.ts'
import type { Options } from './context.ts'
import type { Tokens } from './tokens.ts'

/** Nothing but what comes from here, and no script that is not a file of ours. */
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
/** These are answered without a token: they tell nothing, and let people in. */
const OPEN = ['/healthz', '/login', '/api/v1/session']

const socketOf = (c: Context): Socket | undefined =>
  (c.env as { incoming?: IncomingMessage } | undefined)?.incoming?.socket

export const addressOf = (c: Context): string => socketOf(c)?.remoteAddress ?? ''

export interface Guards {
  readonly options: Options
  readonly tokens: Tokens | undefined
  readonly limits: Limits
}

export function guard({ options, tokens, limits }: Guards): MiddlewareHandler {
  const names = namesOf(options)
  return async (c, next) => {
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value)
    const { path } = c.req
    c.header('Content-Security-Policy', isData(path) ? DATA_POLICY : PAGES_POLICY)
    const host = c.req.header('host') ?? ''
    if (!names.has(nameIn(host)))
      throw new Refusal(403, `this server is not called ${JSON.stringify(nameIn(host))}`, 'name it with --allow-host')
    const address = addressOf(c)
    if (isData(path)) {
      limits.count(isChange(c) ? 'changing' : 'reading', address)
      c.header('Cache-Control', 'no-store')
      refuseForeign(c, host)
    }
    if (isChange(c)) {
      if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? ''))
        throw new Refusal(415, 'send it as Content-Type: application/json')
      if (options.readOnly && !OPEN.includes(path))
        throw new Refusal(403, 'this server is read-only: it changes nothing')
    }
    if (tokens && isData(path) && !OPEN.includes(path)) demandToken(c, tokens, limits, address)
    await next()
  }
}

/** A request by a page of somebody else's, as its browser tells. Whoever is no browser tells nothing. */
function refuseForeign(c: Context, host: string): void {
  const site = c.req.header('sec-fetch-site')
  const origin = c.req.header('origin')
  const isOurs = site === undefined || site === 'same-origin' || (site === 'none' && !isChange(c))
  if (!isOurs || (origin !== undefined && !isOrigin(origin, host)))
    throw new Refusal(403, 'refused: this request was made by a page of another site')
}

function isOrigin(origin: string, host: string): boolean {
  try {
    const url = new URL(origin)
    return /^https?:$/.test(url.protocol) && url.host === new URL(`${url.protocol}//${host}`).host
  } catch {
    // `null`, as pages without an origin send.
    return false
  }
}

function demandToken(c: Context, tokens: Tokens, limits: Limits, address: string): void {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  if (bearer === undefined && isSignedIn(c, tokens)) return
  limits.refuseSpent('failing', address)
  if (bearer !== undefined && tokens.isToken(bearer)) return
  if (bearer !== undefined) limits.count('failing', address)
  throw new Refusal(401, bearer === undefined ? 'a token is needed' : 'the token is wrong', undefined, {
    'WWW-Authenticate': 'Bearer realm="queuectl"',
  })
}

/** Cookies are shared by all ports of a host: each server has its own by its port. */
const cookieName = (c: Context): string => `queuectl-${socketOf(c)?.localPort ?? 0}`

export const isSignedIn = (c: Context, tokens: Tokens): boolean => tokens.isCookie(getCookie(c, cookieName(c)) ?? '')

export function signIn(c: Context, tokens: Tokens): void {
  const { value, seconds } = tokens.cookie()
  // Behind a proxy that speaks https the browser must not send it in the clear; who lies here harms only himself.
  const secure = c.req.header('x-forwarded-proto') === 'https'
  setCookie(c, cookieName(c), value, { httpOnly: true, sameSite: 'Strict', path: '/', maxAge: seconds, secure })
}

export const signOut = (c: Context): void =>
  setCookie(c, cookieName(c), '', { httpOnly: true, sameSite: 'Strict', path: '/', maxAge: 0 })

const nameIn = (host: string): string => {
  const [, name = ''] = /^(\[[0-9a-fA-F:.]+\]|[^:]*)(?::\d+)?$/.exec(host) ?? []
  return name.toLowerCase().replace(/\.$/, '')
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** The names by which we may be called. */
function namesOf({ host, names }: Options): ReadonlySet<string> {
  const ours = ['localhost', '127.0.0.1', '::1', host, ...names]
  if (!isLoopback(host)) {
    ours.push(hostname())
    for (const one of Object.values(networkInterfaces()).flat()) if (one) ours.push(one.address)
  }
  return new Set(ours.map((name) => inUrl(name).toLowerCase()))
}
