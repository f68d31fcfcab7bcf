/**
 * Calls a webhook: one POST, signed as standardwebhooks.com specifies (header `webhook-signature`, HMAC-SHA256 over
 * `<id>.<timestamp>.<body>`), so that receivers can verify it with an existing library.
 */
import { createHmac } from 'node:crypto'
import { nowMs } from '../clock.ts'
import { keyBytes, splitCredentials } from '../config/hook-target.ts'
import { errno } from '../errors.ts'
import type { HookCall } from './hooks.ts'

/** @returns why the call failed, without the URL, which may contain a secret; undefined when it succeeded */
export async function callWebhook({ target, hook, id, body, seconds, secret }: HookCall): Promise<string | undefined> {
  const { url, authorization } = splitCredentials(target)
  const timestamp = String(Math.floor(nowMs() / 1000))
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'queuectl',
    ...(authorization === undefined ? {} : { authorization }),
    'queuectl-event': hook,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...(secret === '' ? {} : { 'webhook-signature': signature(secret, id, timestamp, body) }),
  }
  try {
    // Redirects are not followed: fetch would turn the POST into a GET, or send the job to a URL that was not set.
    const options = { method: 'POST', headers, body, redirect: 'manual' } as const
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout(seconds * 1000) })
    await response.body?.cancel()
    return response.ok ? undefined : `HTTP status ${response.status}`
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') return `it took longer than ${seconds} s`
    return reasonFor(error)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before an answer came',
  UND_ERR_SOCKET: 'the connection was closed before an answer came',
  ENOTFOUND: 'its host was not found',
  EAI_AGAIN: 'its host could not be looked up',
  EHOSTUNREACH: 'its host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
}

/** In our own words, by the code alone: a library's message may quote the URL. */
function reasonFor(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof AggregateError ? errno(cause.errors[0]) : errno(cause)
  return code === undefined ? 'the request failed' : (REASONS[code] ?? `the request failed (${code})`)
}

export function signature(secret: string, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac('sha256', keyBytes(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}
