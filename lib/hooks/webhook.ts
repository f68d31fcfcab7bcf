/**
 * Calls a webhook: one POST, signed as standardwebhooks.com specifies (header `webhook-signature`, HMAC-SHA256 over
 * `<id>.<timestamp>.<body>`), so that receivers can verify it with an existing library.
 */
import { createHmac } from 'node:crypto'
import { nowMs } from '../clock.ts'
import { keyBytes } from '../config/hook-target.ts'
import type { HookCall } from './hooks.ts'

/** @returns why the call failed, without the URL, which may contain a secret; undefined when it succeeded */
export async function callWebhook({ target, hook, id, body, seconds, secret }: HookCall): Promise<string | undefined> {
  const timestamp = String(Math.floor(nowMs() / 1000))
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'queuectl',
    'queuectl-event': hook,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...(secret === '' ? {} : { 'webhook-signature': signature(secret, id, timestamp, body) }),
  }
  try {
    // Redirects are not followed: fetch would turn the POST into a GET, or send the job to a URL that was not set.
    const options = { method: 'POST', headers, body, redirect: 'manual' } as const
    const response = await fetch(target, { ...options, signal: AbortSignal.timeout(seconds * 1000) })
    await response.body?.cancel()
    return response.ok ? undefined : `HTTP status ${response.status}`
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') return `it took longer than ${seconds} s`
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return cause instanceof Error ? cause.message : String(cause)
  }
}

export function signature(secret: string, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac('sha256', keyBytes(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}
