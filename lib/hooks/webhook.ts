/**
 * Telling a URL: one POST, signed in the manner of standardwebhooks.com (header `webhook-signature`, HMAC-SHA256 over
 * `<id>.<timestamp>.<body>`), so that receivers can use a library that is there.
 */
import { createHmac } from 'node:crypto'
import { nowMs } from '../clock.ts'
import { keyBytes } from '../config/hook-target.ts'
import type { HookCall } from './hooks.ts'

/** @returns why it failed; never the URL, which may be a secret in itself */
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
    // A redirection is not followed: it would turn the POST into a GET, or carry a job elsewhere than was set.
    const options = { method: 'POST', headers, body, redirect: 'manual' } as const
    const answer = await fetch(target, { ...options, signal: AbortSignal.timeout(seconds * 1000) })
    await answer.body?.cancel()
    return answer.ok ? undefined : `HTTP status ${answer.status}`
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') return `it took longer than ${seconds} s`
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return cause instanceof Error ? cause.message : String(cause)
  }
}

export function signature(secret: string, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac('sha256', keyBytes(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}
