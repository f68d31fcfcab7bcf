/** Follows a job's state and output until it is over. Only reads, so any worker, or none yet, may run the job. */
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

/** What happens to a followed job. */
export type FollowEvent =
  /** It waits to be run or released. Yielded whenever its state has changed. */
  | { readonly kind: 'waits'; readonly job: Job }
  | { readonly kind: 'began'; readonly run: number }
  | {
      readonly kind: 'wrote'
      readonly run: number
      readonly stream: Stream
      readonly bytes: Buffer
      /** Where in the file they end (bytes). */
      readonly at: number
    }
  /** Nothing has changed for about a second. */
  | { readonly kind: 'idle'; readonly job: Job }
  /** The job, or the run that was asked for, is over. `job` is undefined when its file was removed. */
  | { readonly kind: 'ended'; readonly job: Job | undefined }

export interface FollowOptions {
  /** Follow only this run. */
  readonly run?: number
  /** Begin with the first run instead of the newest one. */
  readonly fromFirst?: boolean
  /** How many lines of earlier output to yield, for each stream; default: all. */
  readonly tail?: number
  /** Where to begin in the first run that is read (bytes). */
  readonly from?: { readonly [S in Stream]: number }
  /** Ends it. */
  readonly signal?: AbortSignal
}

/** Reads what is new in the streams of one run. */
class FollowedRun {
  readonly run: number
  readonly #readers: readonly [Stream, OutputReader][]

  constructor(home: Home, id: string, run: number, { tail, from }: FollowOptions) {
    const paths = runPaths(home, id, run)
    this.run = run
    this.#readers = [
      ['stdout', new OutputReader(paths, 'out', { tail, from: from?.stdout })],
      ['stderr', new OutputReader(paths, 'err', { tail, from: from?.stderr })],
    ]
  }

  *readNew(): Generator<FollowEvent> {
    for (const [stream, reader] of this.#readers)
      for (const bytes of reader.readNew()) yield { kind: 'wrote', run: this.run, stream, bytes, at: reader.at }
  }

  close(): void {
    for (const [, reader] of this.#readers) reader.close()
  }
}

/** A job's record, reread when its file has changed or moved. */
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

  /** Undefined when the job is gone. */
  read(): Job | undefined {
    for (;;) {
      const stats = this.#file && lstat(this.#file.path)
      const version = stats && `${stats.ino} ${stats.mtimeMs} ${stats.size}`
      if (this.#job && version === this.#version) return this.#job
      if (!version) this.#file = locate(this.#home, [this.#id]).get(this.#id)
      if (!this.#file) return undefined
      // Read after taking its version: if the file changes in between, it is read once more.
      this.#version = version ?? ''
      this.#job = readJobOrThrow(this.#file, 'follow')
    }
  }
}

/** Has the run ended, so that no more output will come? */
const isRunOver = (job: Job, run: number): boolean =>
  job.state !== 'processing' || job.runs > run || job.history.some((one) => one.run === run)

/** Follows a job until it is over (or, with `run`, until that run is) or `signal` is aborted. */
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
  let reported = ''
  try {
    while (!isAborted()) {
      waiter.watch(dir)
      const job = record.read()
      // Asked before the output is read, so that no output written before the end is missed.
      const isDone = run && (job === undefined || isRunOver(job, run.run))
      yield* run?.readNew() ?? []
      if (run && isDone) {
        run.close()
        run = undefined
        if (last === options.run) return yield { kind: 'ended', job }
      }
      if (!run) {
        const number = next(last)
        if (number !== undefined) {
          // `tail` and `from` apply only to the first run.
          run = new FollowedRun(home, id, number, last === 0 ? options : {})
          last = number
          reported = ''
          yield { kind: 'began', run: number }
          continue
        }
        if (job === undefined || isOver(job.state)) return yield { kind: 'ended', job }
      }
      if (job && job.state !== 'processing' && job.state !== reported) {
        reported = job.state
        yield { kind: 'waits', job }
      }
      if (!(await waiter.next(signal)) && job) yield { kind: 'idle', job }
    }
  } finally {
    run?.close()
    waiter.close()
  }
}
