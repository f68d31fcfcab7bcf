/**
 * `enqueue` of many: from a file or standard input, some thousands at a time, each lot acknowledged together. What is
 * wrong is named with its line and does not keep the others back.
 */
import { createReadStream, statSync } from 'node:fs'
import { errno, QueueError } from '../../errors.ts'
import type { Job, JobRequest } from '../../job/job.ts'
import { readRequest } from '../../job/parse.ts'
import type { Queue } from '../../queue.ts'
import { type Bar, openBar } from '../output/progress-bar.ts'
import { plural, visible } from '../output/text.ts'
import type { Receipts } from '../output/enqueue-report.ts'
import { type Found, PAUSE, values } from './json-stream.ts'
import type { Io } from '../terminal.ts'

/** Jobs that share one flush to disk. */
const LOT = 2000
/** Wrong lines that are named; of the others only their number. */
const NAMED = 10

interface Entry {
  readonly line: number
  readonly request: JobRequest
}

/**
 * @param complete adds to what was given what the options say
 * @param read finds the jobs in the bytes of the source
 * @returns PARTLY_DONE, when some were refused @throws QueueError when none was enqueued
 */
export async function enqueueFrom(
  source: string,
  complete: (value: unknown) => JobRequest,
  receipts: Receipts,
  queue: Queue,
  io: Io,
  read: (stream: AsyncIterable<Uint8Array>) => AsyncIterable<Found | typeof PAUSE> = values,
): Promise<QueueError | undefined> {
  const bar = await openBar(io, sizeOf(source, io))
  const batch = new Batch(receipts, queue, io, bar)
  if (source === '-' && io.inputIsTerminal) io.say('reading jobs from the terminal; end with Ctrl-D')
  let lot: Entry[] = []
  for await (const found of read(batch.counted(open(source, io)))) {
    const entry = found === PAUSE ? undefined : batch.read(found, complete)
    if (entry) lot.push(entry)
    if (found !== PAUSE && lot.length < LOT) continue
    await batch.enqueue(lot)
    lot = []
  }
  await batch.enqueue(lot)
  bar.clear()
  await receipts.conclude()
  return batch.conclude(source)
}

async function* open(source: string, io: Io): AsyncGenerator<Uint8Array> {
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
    throw new QueueError('USAGE', `cannot read jobs from ${named(source)}: ${why[code] ?? code}`)
  }
}

function sizeOf(source: string, io: Io): number | undefined {
  if (source === '-') return io.inputSize
  const stats = statSync(source, { throwIfNoEntry: false })
  return stats?.isFile() ? stats.size : undefined
}

const named = (source: string): string => (source === '-' ? 'standard input' : visible(source))

class Batch {
  readonly #receipts: Receipts
  readonly #queue: Queue
  readonly #io: Io
  readonly #bar: Bar
  #bytes = 0
  #enqueued = 0
  #refused = 0
  /** The first one refused; said only once there is another job, else it is the error that all ends with. */
  #first: { readonly line: number; readonly error: QueueError } | undefined
  #isFirstSaid = false

  constructor(receipts: Receipts, queue: Queue, io: Io, bar: Bar) {
    this.#receipts = receipts
    this.#queue = queue
    this.#io = io
    this.#bar = bar
  }

  /** The bytes of the source as they come, counted. */
  async *counted(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#bytes += chunk.length
      yield chunk
    }
  }

  /** Undefined: it is no job, and that has been said. */
  read(found: Found, complete: (value: unknown) => JobRequest): Entry | undefined {
    this.#sayFirst()
    try {
      if ('error' in found) throw new QueueError('INVALID_JOB', `invalid job: ${found.error}`)
      return { line: found.line, request: readRequest(complete(found.value)) }
    } catch (error) {
      if (!(error instanceof QueueError) || error.code !== 'INVALID_JOB') throw error
      this.#refuse(found.line, error)
      return undefined
    }
  }

  async enqueue(lot: readonly Entry[]): Promise<void> {
    if (lot.length === 0) return
    const results = await this.#enqueueLot(lot)
    const jobs: Job[] = []
    this.#bar.clear()
    results.forEach((result, i) => {
      if (result instanceof QueueError) this.#refuse(lot[i]?.line ?? 0, result)
      else jobs.push(result)
    })
    this.#enqueued += jobs.length
    this.#receipts.give(...jobs)
    this.#bar.show(this.#enqueued, this.#bytes)
  }

  async #enqueueLot(lot: readonly Entry[]): Promise<(Job | QueueError)[]> {
    try {
      return await this.#queue.enqueueAll(lot.map(({ request }) => request))
    } catch (error) {
      if (this.#enqueued > 0)
        this.#io.say(`${plural(this.#enqueued, 'job')} had been enqueued; those from line ${lot[0]?.line} on were not`)
      throw error
    }
  }

  #refuse(line: number, error: QueueError): void {
    this.#refused++
    this.#bar.clear()
    if (this.#first === undefined) this.#first = { line, error }
    else if (this.#refused <= NAMED) this.#io.say(`line ${line}: ${error.message}`)
    if (this.#enqueued > 0 || this.#refused > 1) this.#sayFirst()
  }

  #sayFirst(): void {
    if (this.#first === undefined || this.#isFirstSaid) return
    this.#isFirstSaid = true
    this.#io.say(`line ${this.#first.line}: ${this.#first.error.message}`)
  }

  conclude(source: string): QueueError | undefined {
    if (this.#enqueued > 0) this.#sayFirst()
    if (this.#refused > NAMED) this.#io.say(`and ${plural(this.#refused - NAMED, 'more line')}`)
    if (this.#refused === 0 && this.#enqueued > 0) return undefined
    if (this.#refused === 0)
      throw new QueueError('INVALID_JOB', `there is no job in ${named(source)}`, 'one JSON object a line, or an array')
    if (this.#enqueued > 0)
      return new QueueError(
        'PARTLY_DONE',
        `${this.#refused} of ${plural(this.#enqueued + this.#refused, 'job')} could not be enqueued`,
      )
    if (this.#first && !this.#isFirstSaid) throw this.#first.error
    throw new QueueError('INVALID_JOB', `none of ${plural(this.#refused, 'job')} could be enqueued`)
  }
}
