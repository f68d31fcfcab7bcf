/**
 * Following a job: what its runs write, as they write it, until it is over. Reading only: it works for a job that is
 * still pending and for one that any worker runs.
 */
import { join } from 'node:path'
import type { Job } from '../job/job.ts'
import { watchRuns } from './run-watch.ts'
import { isOver } from '../job/state.ts'
import { locate } from './wait.ts'
import { lstat } from '../disk/files.ts'
import { readJobOrThrow, type JobFile } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import { OutputReader, runNumbers } from '../run/output-reader.ts'
import { runPaths } from '../run/paths.ts'

export type Stream = 'stdout' | 'stderr'

/** What happens to a job that is followed, in the order it was seen. */
export type FollowEvent =
  /** It waits: to be run for the first time, or again, or to be released. Told whenever its state has changed. */
  | { readonly kind: 'waits'; readonly job: Job }
  | { readonly kind: 'began'; readonly run: number }
  | {
      readonly kind: 'wrote'
      readonly run: number
      readonly stream: Stream
      readonly bytes: Buffer
      /** Where in its file they end. */
      readonly at: number
    }
  /** Nothing has happened for about a second. */
  | { readonly kind: 'idle'; readonly job: Job }
  /** The job is over, or the one run that was asked for; without the record its file was removed. */
  | { readonly kind: 'ended'; readonly job: Job | undefined }

export interface FollowOptions {
  /** This run and no other. */
  readonly run?: number
  /** From the first run on, and not from the newest one. */
  readonly fromFirst?: boolean
  /** Of what had been written before, the last so many lines of each stream. */
  readonly tail?: number
  /** Of the first run that is read, from these bytes on. */
  readonly from?: { readonly [S in Stream]: number }
  readonly signal?: AbortSignal
}

/** The streams of one run, from where we have read to. */
class FollowedRun {
  readonly run: number
  readonly #readers: readonly [Stream, OutputReader][]

  constructor(home: Home, id: string, run: number, { tail, from }: FollowOptions) {
    const paths = runPaths(home, id, run)
    this.run = run
    this.#readers = [
      ['stdout', new OutputReader(paths, 'out', tail, from?.stdout)],
      ['stderr', new OutputReader(paths, 'err', tail, from?.stderr)],
    ]
  }

  *news(): Generator<FollowEvent> {
    for (const [stream, reader] of this.#readers)
      for (const bytes of reader.readNew()) yield { kind: 'wrote', run: this.run, stream, bytes, at: reader.at }
  }

  close(): void {
    for (const [, reader] of this.#readers) reader.close()
  }
}

/** A job's record, read again when its file has changed or moved. */
class CachedRecord {
  readonly #home: Home
  readonly #id: string
  #file: JobFile | undefined
  #version = ''
  #job: Job | undefined

  constructor(home: Home, id: string) {
    this.#home = home
    this.#id = id
  }

  /** Undefined: it is gone. */
  read(): Job | undefined {
    for (;;) {
      const stats = this.#file && lstat(this.#file.path)
      const version = stats && `${stats.ino} ${stats.mtimeMs} ${stats.size}`
      if (this.#job && version === this.#version) return this.#job
      if (!version) this.#file = locate(this.#home, [this.#id]).get(this.#id)
      if (!this.#file) return undefined
      // Read after its version was taken: should it change in between, it is read once more.
      this.#version = version ?? ''
      this.#job = readJobOrThrow(this.#file, 'follow')
    }
  }
}

/** Has run n been counted, or given up, so that nothing more of it will come? */
const isRunOver = (job: Job, run: number): boolean =>
  job.state !== 'processing' || job.runs > run || job.history.some((one) => one.run === run)

/** Follows the job of this id until it is over, `signal` is aborted or, with `run`, that run is. */
export async function* followRuns(home: Home, id: string, options: FollowOptions = {}): AsyncGenerator<FollowEvent> {
  const { signal } = options
  const record = new CachedRecord(home, id)
  const waiter = watchRuns(home, (one) => one === id)
  const dir = join(home.logs, id)
  const next = (after: number): number | undefined => {
    const numbers = runNumbers(home, id)
    if (options.run !== undefined) return after < options.run && numbers.includes(options.run) ? options.run : undefined
    return after === 0 && !options.fromFirst ? numbers.at(-1) : numbers.find((one) => one > after)
  }
  const isAborted = (): boolean => signal?.aborted === true
  let run: FollowedRun | undefined
  let last = 0
  let told = ''
  try {
    while (!isAborted()) {
      waiter.watch(dir)
      const job = record.read()
      // Asked before the output is read: what was written until then is read then.
      const isDone = run && (job === undefined || isRunOver(job, run.run))
      yield* run?.news() ?? []
      if (run && isDone) {
        run.close()
        run = undefined
        if (last === options.run) return yield { kind: 'ended', job }
      }
      if (!run) {
        const number = next(last)
        if (number !== undefined) {
          // Only what was there when we came is cut to its end.
          run = new FollowedRun(home, id, number, last === 0 ? options : {})
          last = number
          told = ''
          yield { kind: 'began', run: number }
          continue
        }
        if (job === undefined || isOver(job.state)) return yield { kind: 'ended', job }
      }
      if (job && job.state !== 'processing' && job.state !== told) {
        told = job.state
        yield { kind: 'waits', job }
      }
      if (!(await waiter.next(signal)) && job) yield { kind: 'idle', job }
    }
  } finally {
    run?.close()
    waiter.close()
  }
}
