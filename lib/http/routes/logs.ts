/** Serves the output of runs: whole, a byte range, or as an event stream. Output is untrusted and always sent as text. */
import type { Context, Hono } from 'hono'
import type { Job } from '../../job/job.ts'
import { LOOKS_LIKE_ERROR, type LogIndex } from '../../query/log-index.ts'
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
const WITH_MERGED = [...STREAMS, 'merged'] as const
const MAX_LINES = 1_000_000
/** Lines in one answer. */
const MAX_PAGE = 5000
const MAX_MATCHES = 5000
const MAX_QUERY_CHARS = 500

export function logRoutes(app: Hono, ctx: ServerContext, limits: RateLimits): void {
  const { queue } = ctx
  app.get('/api/v1/jobs/:id/attempts/:n/log', async (c) => {
    const { job, run } = await requestedRun(ctx, c)
    const query = c.req.query()
    const stream = readWord(query, 'stream', query.download === '1' ? WITH_MERGED : STREAMS, 'stdout')
    if (stream === 'merged') {
      c.header('Content-Type', 'text/plain; charset=utf-8')
      c.header('Content-Disposition', `attachment; filename="${job.id}.${run}.txt"`)
      return c.body(streamBody(bothStreams(queue, job.id, run)))
    }
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
  const indexes = new LogIndexes(queue)
  app.get('/api/v1/jobs/:id/attempts/:n/log/lines', async (c) => {
    const { job, run } = await requestedRun(ctx, c)
    const query = c.req.query()
    const stream = readWord(query, 'stream', STREAMS, 'stdout')
    const from = readCount(query, 'from', 1, Number.MAX_SAFE_INTEGER) ?? 1
    const limit = readCount(query, 'limit', 0, MAX_PAGE) ?? 500
    const index = await indexes.upToDate(job.id, run, stream)
    const items = index.read({ from, limit, isRaw: query.raw === '1' })
    const { total, complete, offset, groups } = index
    return c.json({ stream, from, items, total, complete, offset, groups })
  })
  app.get('/api/v1/jobs/:id/attempts/:n/log/search', async (c) => {
    const { job, run } = await requestedRun(ctx, c)
    const query = c.req.query()
    const which = readWord(query, 'stream', WITH_MERGED, 'merged')
    const limit = readCount(query, 'limit', 1, MAX_MATCHES) ?? 1000
    const text = query.q ?? ''
    if (query.errors !== '1' && (text === '' || text.length > MAX_QUERY_CHARS))
      throw new HttpError(400, `q: expected a text of 1 to ${MAX_QUERY_CHARS} characters`)
    const end = limits.openSearch()
    try {
      const items = []
      let isComplete = true
      for (const stream of STREAMS) {
        if (which !== 'merged' && which !== stream) continue
        const index = await indexes.upToDate(job.id, run, stream)
        const find = query.errors === '1' ? LOOKS_LIKE_ERROR : text
        const found = await index.search({ find, limit, signal: c.req.raw.signal })
        items.push(...found.items.map((one) => ({ stream, ...one })))
        isComplete &&= found.isComplete
      }
      return c.json({ items, is_complete: isComplete })
    } finally {
      end()
    }
  })
  app.get('/api/v1/jobs/:id/attempts/:n/log/stream', async (c) => {
    const { job, run } = await requestedRun(ctx, c)
    const query = c.req.query()
    const which = readWord(query, 'stream', WITH_MERGED, 'merged')
    const tail = readCount(query, 'tail', 0, MAX_LINES)
    const from = readOffsets(c.req.header('last-event-id') ?? query.from, which)
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

/** Runs whose lines are indexed; the least recently used is dropped first. */
const MAX_INDEXES = 64

class LogIndexes {
  readonly #queue: ServerContext['queue']
  readonly #known = new Map<string, { readonly index: Promise<LogIndex>; update: Promise<void> }>()

  constructor(queue: ServerContext['queue']) {
    this.#queue = queue
  }

  /** The lines of a stream as far as it is written now. */
  async upToDate(id: string, run: number, stream: Stream): Promise<LogIndex> {
    const key = `${stream} ${run} ${id}`
    const one = this.#known.get(key) ?? {
      index: this.#queue.logIndex({ id, run }, stream),
      update: Promise.resolve(),
    }
    this.#known.delete(key)
    this.#known.set(key, one)
    for (const [oldest] of this.#known) {
      if (this.#known.size <= MAX_INDEXES) break
      this.#known.delete(oldest)
    }
    const index = await one.index
    // One after the other: an index is read by one at a time.
    one.update = one.update.catch(() => undefined).then(() => index.update())
    await one.update
    return index
  }
}

/** All of stdout, then all of stderr with a line before it. */
function* bothStreams(queue: ServerContext['queue'], id: string, run: number): Generator<Buffer> {
  let last = 10
  for (const block of queue.read(id, run, 'stdout')) {
    last = block.at(-1) ?? last
    yield block
  }
  let isFirst = true
  for (const block of queue.read(id, run, 'stderr')) {
    if (isFirst) yield Buffer.from(`${last === 10 ? '' : '\n'}--- stderr ---\n`)
    isFirst = false
    yield block
  }
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
