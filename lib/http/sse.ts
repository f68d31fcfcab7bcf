/** Server-sent events: a stream of text that is written as fast as it is read, and no faster. */
import type { Context } from 'hono'
import type { Limits } from './rate-limit.ts'

/** How long (ms) nothing may be said: proxies close what is silent. */
export const BEAT_MS = 15_000
export const BEAT = ': beat\n\n'
/** After how long (ms) a browser connects again. */
const RETRY = 'retry: 2000\n\n'

export function frame(event: string, data: unknown, id?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${text}\n\n`
}

/**
 * Answers with what `say` yields, until it ends, the client goes or the server ends; `cut` is aborted then.
 * @throws Refusal 429 when there are too many
 */
export function sse(
  c: Context,
  limits: Limits,
  end: AbortSignal,
  say: (cut: AbortSignal) => AsyncGenerator<string>,
): Response {
  const headers = {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // nginx would hold it back until a buffer is full.
    'X-Accel-Buffering': 'no',
  }
  // Nobody would read it, nor ever close it.
  if (c.req.method === 'HEAD') return c.body(null, 200, headers)
  const release = limits.openStream()
  const cut = new AbortController()
  const cutOff = (): void => cut.abort()
  end.addEventListener('abort', cutOff)
  const texts = say(cut.signal)
  const encoder = new TextEncoder()
  const over = (): void => {
    cutOff()
    end.removeEventListener('abort', cutOff)
    release()
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start: (stream) => stream.enqueue(encoder.encode(RETRY)),
      async pull(stream) {
        try {
          const next = await texts.next()
          if (!next.done && !end.aborted) return stream.enqueue(encoder.encode(next.value))
        } catch (error) {
          over()
          throw error
        }
        over()
        stream.close()
      },
      async cancel() {
        over()
        await texts.return(undefined)
      },
    },
    { highWaterMark: 1 },
  )
  if (end.aborted) over()
  return c.body(body, 200, headers)
}
