/** Server-sent events with back-pressure: text is produced only as fast as the client reads it. */
import type { Context } from 'hono'
import type { RateLimits } from './rate-limit.ts'

/** A heartbeat goes out after this much silence (ms): proxies close idle connections. */
export const HEARTBEAT_MS = 15_000
export const HEARTBEAT = ': beat\n\n'
/** Browsers reconnect after 2 s. */
const RETRY = 'retry: 2000\n\n'

export function sseFrame(event: string, data: unknown, id?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${text}\n\n`
}

/**
 * Answers with the frames that `produce` yields, until it returns, the client disconnects or the server shuts down; its
 * signal is aborted then.
 * @throws HttpError 429 when too many streams are open
 */
export function sseResponse(
  c: Context,
  limits: RateLimits,
  end: AbortSignal,
  produce: (signal: AbortSignal) => AsyncGenerator<string>,
): Response {
  const headers = {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // Otherwise nginx buffers the answer.
    'X-Accel-Buffering': 'no',
  }
  // The answer to HEAD has no body: a stream would never be read or closed.
  if (c.req.method === 'HEAD') return c.body(null, 200, headers)
  const release = limits.openStream()
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  end.addEventListener('abort', abort)
  const frames = produce(controller.signal)
  const encoder = new TextEncoder()
  const finish = (): void => {
    abort()
    end.removeEventListener('abort', abort)
    release()
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start: (stream) => stream.enqueue(encoder.encode(RETRY)),
      async pull(stream) {
        try {
          const next = await frames.next()
          if (!next.done && !end.aborted) return stream.enqueue(encoder.encode(next.value))
        } catch (error) {
          finish()
          throw error
        }
        finish()
        stream.close()
      },
      async cancel() {
        finish()
        await frames.return(undefined)
      },
    },
    { highWaterMark: 1 },
  )
  if (end.aborted) finish()
  return c.body(body, 200, headers)
}
