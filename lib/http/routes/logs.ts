/** What runs have written: as bytes, in parts, and as it comes. It is whatever a job wrote: text, and never anything else. */
import type { Context, Hono } from 'hono'
import type { Job } from '../../job/job.ts'
import type { FollowEvent, FollowOptions } from '../../queue.ts'
import { readCount, readWord } from '../query-params.ts'
import type { Limits } from '../rate-limit.ts'
import { Refusal } from '../problem.ts'
import type { Site } from '../context.ts'
import { BEAT, BEAT_MS, frame, sse } from '../sse.ts'
import { monotonicMs } from '../../clock.ts'
import { theJob, theRun } from './jobs.ts'

const STREAMS = ['stdout', 'stderr'] as const
type Stream = (typeof STREAMS)[number]
const MOST_LINES = 1_000_000

export function logRoutes(app: Hono, site: Site, limits: Limits): void {
  const { queue } = site
  app.get('/api/v1/jobs/:id/attempts/:n/log', async (c) => {
    const { job, run } = await theirRun(site, c)
    const query = c.req.query()
    const stream = readWord(query, 'stream', STREAMS, 'stdout')
    const tail = readCount(query, 'tail', 0, MOST_LINES)
    const output = await queue.output(job, run)
    const size = queue.written(job).find((one) => one.run === run)?.[`${stream}_bytes`] ?? 0
    c.header('Content-Type', 'text/plain; charset=utf-8')
    c.header('Accept-Ranges', 'bytes')
    if (query.download === '1') c.header('Content-Disposition', `attachment; filename="${job.id}.${run}.${stream}.txt"`)
    const asked = c.req.header('range')
    if (tail !== undefined || asked === undefined) return c.body(streamOf(queue.read(job.id, run, stream, tail)))
    const range = readRange(asked, size)
    if (range === undefined) return c.body(streamOf(queue.read(job.id, run, stream)))
    c.header('Content-Range', `bytes ${range.from}-${range.to - 1}/${size}`)
    c.header('Content-Length', String(range.to - range.from))
    return c.body(streamOf(queue.bytes(output[stream], range.from, range.to)), 206)
  })
  app.get('/api/v1/jobs/:id/attempts/:n/log/stream', async (c) => {
    const { job, run } = await theirRun(site, c)
    const query = c.req.query()
    const which = readWord(query, 'stream', [...STREAMS, 'merged'] as const, 'merged')
    const tail = readCount(query, 'tail', 0, MOST_LINES)
    const from = readFrom(c.req.header('last-event-id'), which)
    const options: FollowOptions = { run, ...(from ? { from } : tail === undefined ? {} : { tail }) }
    return sse(c, limits, site.end, (signal) => told(queue.follow(job.id, { ...options, signal }), which, from))
  })
}

async function theirRun(site: Site, c: Context): Promise<{ readonly job: Job; readonly run: number }> {
  const job = await theJob(site, c.req.param('id') ?? '')
  return { job, run: theRun(site.queue, job, c.req.param('n') ?? '').run }
}

/** A generator of blocks as the body of an answer: read only as fast as it is taken. */
const streamOf = (blocks: Generator<Buffer>): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      pull(stream) {
        const next = blocks.next()
        if (next.done) stream.close()
        else stream.enqueue(next.value)
      },
      cancel: () => void blocks.return(undefined),
    },
    // Nothing is opened before somebody reads: whoever asks with HEAD never does.
    { highWaterMark: 0 },
  )

/**
 * One range of bytes; undefined when it is written in a way that is to be ignored.
 * @throws Refusal 416
 */
function readRange(text: string, size: number): { readonly from: number; readonly to: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text.trim()) ?? []
  if (first === '' && last === '') return undefined
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  if (from < to) return { from, to }
  throw new Refusal(416, `there are ${size} bytes`, undefined, { 'Content-Range': `bytes */${size}` })
}

type From = Readonly<Record<Stream, number>>

/** The offsets in the id of an event: one, or with both streams two. */
function readFrom(id: string | undefined, which: Stream | 'merged'): From | undefined {
  const [, first = '', second = ''] = /^(\d{1,15})(?:\.(\d{1,15}))?$/.exec(id ?? '') ?? []
  if (first === '' || (second === '') !== (which !== 'merged')) return undefined
  if (which === 'merged') return { stdout: Number(first), stderr: Number(second) }
  return { stdout: 0, stderr: 0, [which]: Number(first) }
}

/** A run that is followed, as events. Characters are told whole: what is cut off waits for its rest. */
async function* told(
  followed: AsyncGenerator<FollowEvent>,
  which: Stream | 'merged',
  from: From = { stdout: 0, stderr: 0 },
): AsyncGenerator<string> {
  const at: Record<Stream, number> = { ...from }
  const held: Record<Stream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  const id = (): string => (which === 'merged' ? `${at.stdout}.${at.stderr}` : String(at[which]))
  let spoken = monotonicMs()
  for await (const one of followed) {
    if (one.kind === 'ended') {
      const run = one.job?.history.at(-1)
      for (const stream of STREAMS)
        if (held[stream].length > 0 && (which === 'merged' || which === stream))
          yield frame('log', { stream, text: held[stream].toString('utf8') }, id())
      return yield frame('end', { outcome: run?.outcome ?? null }, id())
    }
    if (one.kind === 'wrote' && (which === 'merged' || which === one.stream)) {
      const { stream } = one
      const bytes = Buffer.concat([held[stream], one.bytes])
      const whole = bytes.length - cutOff(bytes)
      held[stream] = bytes.subarray(whole)
      at[stream] = one.at - held[stream].length
      if (whole === 0) continue
      spoken = monotonicMs()
      yield frame('log', { stream, text: bytes.toString('utf8', 0, whole) }, id())
    } else if (monotonicMs() - spoken > BEAT_MS) {
      spoken = monotonicMs()
      yield BEAT
    }
  }
}

/** How many bytes at the end are the beginning of a character of which the rest is still to come. */
function cutOff(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return back < length ? back : 0
  }
  return 0
}
