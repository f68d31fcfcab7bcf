/** Serves the output of runs: whole, a byte range, or as an event stream. Output is untrusted and always sent as text. */
import type { Context, Hono } from 'hono'
import type { Job } from '../../job/job.ts'
import type { FollowEvent, FollowOptions } from '../../queue.ts'
import type { Stream } from '../../query/follow.ts'
import { readCount, readWord } from '../query-params.ts'
import type { RateLimits } from '../rate-limit.ts'
import { HttpError } from '../problem.ts'
import type { ServerContext } from '../context.ts'
import { HEARTBEAT, HEARTBEAT_MS, sseFrame, sseResponse } from '../sse.ts'
import { monotonicMs } from '../../clock.ts'
import { findJob, findRun } from './jobs.ts'

const STREAMS = ['stdout', 'stderr'] as const satisfies readonly Stream[]
const MAX_LINES = 1_000_000

export function logRoutes(app: Hono, ctx: ServerContext, limits: RateLimits): void {
  const { queue } = ctx
  app.get('/api/v1/jobs/:id/attempts/:n/log', async (c) => {
    const { job, run } = await requestedRun(ctx, c)
    const query = c.req.query()
    const stream = readWord(query, 'stream', STREAMS, 'stdout')
    const tail = readCount(query, 'tail', 0, MAX_LINES)
    const output = await queue.output(job, run)
    const size = queue.written(job).find((one) => one.run === run)?.[`${stream}_bytes`] ?? 0
    c.header('Content-Type', 'text/plain; charset=utf-8')
    c.header('Accept-Ranges', 'bytes')
    if (query.download === '1') c.header('Content-Disposition', `attachment; filename="${job.id}.${run}.${stream}.txt"`)
    const asked = c.req.header('range')
    if (tail !== undefined || asked === undefined) return c.body(streamBody(queue.read(job.id, run, stream, tail)))
    const range = readRange(asked, size)
    if (range === undefined) return c.body(streamBody(queue.read(job.id, run, stream)))
    c.header('Content-Range', `bytes ${range.from}-${range.to - 1}/${size}`)
    c.header('Content-Length', String(range.to - range.from))
    return c.body(streamBody(queue.bytes(output[stream], range.from, range.to)), 206)
  })
  app.get('/api/v1/jobs/:id/attempts/:n/log/stream', async (c) => {
    const { job, run } = await requestedRun(ctx, c)
    const query = c.req.query()
    const which = readWord(query, 'stream', [...STREAMS, 'merged'] as const, 'merged')
    const tail = readCount(query, 'tail', 0, MAX_LINES)
    const from = readOffsets(c.req.header('last-event-id'), which)
    const options: FollowOptions = { run, ...(from ? { from } : tail === undefined ? {} : { tail }) }
    return sseResponse(c, limits, ctx.end, (signal) =>
      logEvents(queue.follow(job.id, { ...options, signal }), which, from),
    )
  })
}

async function requestedRun(ctx: ServerContext, c: Context): Promise<{ readonly job: Job; readonly run: number }> {
  const job = await findJob(ctx, c.req.param('id') ?? '')
  return { job, run: findRun(ctx.queue, job, c.req.param('n') ?? '').run }
}

/** A generator of blocks as a response body, read only as fast as the client takes it. */
const streamBody = (blocks: Generator<Buffer>): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      pull(stream) {
        const next = blocks.next()
        if (next.done) stream.close()
        else stream.enqueue(next.value)
      },
      cancel: () => void blocks.return(undefined),
    },
    // No file is opened before the body is read, which for HEAD never happens.
    { highWaterMark: 0 },
  )

/**
 * A single byte range; undefined for a header that is to be ignored.
 * @throws HttpError 416
 */
function readRange(text: string, size: number): { readonly from: number; readonly to: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text.trim()) ?? []
  if (first === '' && last === '') return undefined
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  if (from < to) return { from, to }
  throw new HttpError(416, `the output has ${size} bytes`, undefined, { 'Content-Range': `bytes */${size}` })
}

type Offsets = Readonly<Record<Stream, number>>

/** The offsets in an event id: one, or two when both streams are merged. */
function readOffsets(id: string | undefined, which: Stream | 'merged'): Offsets | undefined {
  const [, first = '', second = ''] = /^(\d{1,15})(?:\.(\d{1,15}))?$/.exec(id ?? '') ?? []
  if (first === '' || (second === '') !== (which !== 'merged')) return undefined
  if (which === 'merged') return { stdout: Number(first), stderr: Number(second) }
  return { stdout: 0, stderr: 0, [which]: Number(first) }
}

/** Turns a followed run into event frames. A character that is cut off waits for its remaining bytes. */
async function* logEvents(
  followed: AsyncGenerator<FollowEvent>,
  which: Stream | 'merged',
  from: Offsets = { stdout: 0, stderr: 0 },
): AsyncGenerator<string> {
  const at: Record<Stream, number> = { ...from }
  const pending: Record<Stream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  const id = (): string => (which === 'merged' ? `${at.stdout}.${at.stderr}` : String(at[which]))
  let sentAt = monotonicMs()
  for await (const one of followed) {
    if (one.kind === 'ended') {
      const run = one.job?.history.at(-1)
      for (const stream of STREAMS)
        if (pending[stream].length > 0 && (which === 'merged' || which === stream))
          yield sseFrame('log', { stream, text: pending[stream].toString('utf8') }, id())
      return yield sseFrame('end', { outcome: run?.outcome ?? null }, id())
    }
    if (one.kind === 'wrote' && (which === 'merged' || which === one.stream)) {
      const { stream } = one
      const bytes = Buffer.concat([pending[stream], one.bytes])
      const whole = bytes.length - incompleteTail(bytes)
      pending[stream] = bytes.subarray(whole)
      at[stream] = one.at - pending[stream].length
      if (whole === 0) continue
      sentAt = monotonicMs()
      yield sseFrame('log', { stream, text: bytes.toString('utf8', 0, whole) }, id())
    } else if (monotonicMs() - sentAt > HEARTBEAT_MS) {
      sentAt = monotonicMs()
      yield HEARTBEAT
    }
  }
}

/** How many bytes at the end belong to an incomplete UTF-8 character. */
function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return back < length ? back : 0
  }
  return 0
}
