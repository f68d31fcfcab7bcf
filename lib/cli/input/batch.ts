/**
 * Enqueues many jobs from a file or standard input, in batches that share one flush to disk. An invalid job is reported
 * with its line and does not stop the others.
 */
import { createReadStream, statSync } from 'node:fs'
import { errno, QueueError } from '../../errors.ts'
import type { Job, JobRequest } from '../../job/job.ts'
import { readForeign } from '../../job/spelling.ts'
import { nowMs } from '../../clock.ts'
import type { Queue } from '../../queue.ts'
import { type ProgressBar, openProgressBar } from '../output/progress-bar.ts'
import { plural } from '../output/text.ts'
import { visible } from '../../job/sanitize.ts'
import { type StreamItem, PAUSE, jsonItems } from './json-stream.ts'
import type { Io } from '../terminal.ts'

/** Jobs that share one flush to disk. */
const BATCH_SIZE = 2000
/** Invalid lines that are reported; the rest are counted. */
const MAX_NAMED = 10

interface BatchEntry {
  readonly line: number
  readonly request: JobRequest
}

/** Shows the jobs of each batch, and finishes. */
interface BatchReport {
  show(...jobs: readonly Job[]): void
  finish(): Promise<void>
}

export interface EnqueueFrom {
  readonly queue: Queue
  readonly io: Io
  /** A path, or `-` for standard input. */
  readonly source: string
  /** Adds the command's options to a job. */
  readonly complete: (value: unknown) => JobRequest
  readonly report: BatchReport
  /** Finds the jobs in the bytes of the source. */
  readonly parse?: ((stream: AsyncIterable<Uint8Array>) => AsyncIterable<StreamItem | typeof PAUSE>) | undefined
}

/** @returns PARTLY_DONE when some were refused @throws QueueError when none was enqueued */
export async function enqueueFrom(options: EnqueueFrom): Promise<QueueError | undefined> {
  const { queue, io, source, complete, report, parse = jsonItems } = options
  const bar = await openProgressBar(io, sizeOf(source, io))
  const batch = new Batch(report, queue, io, bar)
  if (source === '-' && io.inputIsTerminal) io.message('reading jobs from the terminal; end with Ctrl-D')
  let entries: BatchEntry[] = []
  for await (const item of parse(batch.countBytes(openSource(source, io)))) {
    const entry = item === PAUSE ? undefined : batch.read(item, complete)
    if (entry) entries.push(entry)
    if (item !== PAUSE && entries.length < BATCH_SIZE) continue
    await batch.enqueue(entries)
    entries = []
  }
  await batch.enqueue(entries)
  bar.clear()
  await report.finish()
  return batch.finish(source)
}

/** The bytes of a file that the user names, or of standard input. @throws QueueError USAGE */
export async function* openSource(source: string, io: Io): AsyncGenerator<Uint8Array> {
  try {
    yield* source === '-' ? io.input : createReadStream(source)
  } catch (error) {
    const why: Record<string, string> = {
      ENOENT: 'there is no such file',
      EACCES: 'permission denied',
      EISDIR: 'it is a directory',
    }
    const code = errno(error)
    if (code === undefined) throw error
    throw new QueueError('USAGE', `cannot read jobs from ${sourceName(source)}: ${why[code] ?? code}`)
  }
}

function sizeOf(source: string, io: Io): number | undefined {
  if (source === '-') return io.inputSize
  const stats = statSync(source, { throwIfNoEntry: false })
  return stats?.isFile() ? stats.size : undefined
}

const sourceName = (source: string): string => (source === '-' ? 'standard input' : visible(source))

class Batch {
  readonly #report: BatchReport
  readonly #queue: Queue
  readonly #io: Io
  readonly #bar: ProgressBar
  #bytes = 0
  #enqueued = 0
  #refused = 0
  /** The first error. Printed once there is another job; if there is none, the command ends with it. */
  #first: { readonly line: number; readonly error: QueueError } | undefined
  #isFirstReported = false

  constructor(report: BatchReport, queue: Queue, io: Io, bar: ProgressBar) {
    this.#report = report
    this.#queue = queue
    this.#io = io
    this.#bar = bar
  }

  /** Passes the bytes of the source through and counts them. */
  async *countBytes(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#bytes += chunk.length
      yield chunk
    }
  }

  /** @returns undefined when it is not a valid job, which is reported */
  read(found: StreamItem, complete: (value: unknown) => JobRequest): BatchEntry | undefined {
    this.#reportFirst()
    try {
      if ('error' in found) throw new QueueError('INVALID_JOB', `invalid job: ${found.error}`)
      const request = complete(found.value)
      readForeign(request, nowMs())
      return { line: found.line, request }
    } catch (error) {
      if (!(error instanceof QueueError) || error.code !== 'INVALID_JOB') throw error
      this.#refuse(found.line, error)
      return undefined
    }
  }

  async enqueue(entries: readonly BatchEntry[]): Promise<void> {
    if (entries.length === 0) return
    const results = await this.#enqueueAll(entries)
    const jobs: Job[] = []
    this.#bar.clear()
    results.forEach((result, i) => {
      if (result instanceof QueueError) this.#refuse(entries[i]?.line ?? 0, result)
      else jobs.push(result)
    })
    this.#enqueued += jobs.length
    this.#report.show(...jobs)
    this.#bar.show(this.#enqueued, this.#bytes)
  }

  async #enqueueAll(entries: readonly BatchEntry[]): Promise<(Job | QueueError)[]> {
    try {
      return await this.#queue.enqueueAll(entries.map(({ request }) => request))
    } catch (error) {
      if (this.#enqueued > 0)
        this.#io.message(
          `${plural(this.#enqueued, 'job')} had been enqueued; those from line ${entries[0]?.line} on were not`,
        )
      throw error
    }
  }

  #refuse(line: number, error: QueueError): void {
    this.#refused++
    this.#bar.clear()
    if (this.#first === undefined) this.#first = { line, error }
    else if (this.#refused <= MAX_NAMED) this.#io.message(`line ${line}: ${error.message}`)
    if (this.#enqueued > 0 || this.#refused > 1) this.#reportFirst()
  }

  #reportFirst(): void {
    if (this.#first === undefined || this.#isFirstReported) return
    this.#isFirstReported = true
    this.#io.message(`line ${this.#first.line}: ${this.#first.error.message}`)
  }

  finish(source: string): QueueError | undefined {
    if (this.#enqueued > 0) this.#reportFirst()
    if (this.#refused > MAX_NAMED) this.#io.message(`and ${plural(this.#refused - MAX_NAMED, 'more line')}`)
    if (this.#refused === 0 && this.#enqueued > 0) return undefined
    if (this.#refused === 0)
      throw new QueueError(
        'INVALID_JOB',
        `there is no job in ${sourceName(source)}`,
        'one JSON object a line, or an array',
      )
    if (this.#enqueued > 0)
      return new QueueError(
        'PARTLY_DONE',
        `${this.#refused} of ${plural(this.#enqueued + this.#refused, 'job')} could not be enqueued`,
      )
    if (this.#first && !this.#isFirstReported) throw this.#first.error
    throw new QueueError('INVALID_JOB', `none of ${plural(this.#refused, 'job')} could be enqueued`)
  }
}
