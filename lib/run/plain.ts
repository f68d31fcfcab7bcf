/**
 * The life of a plain job, as it goes when nothing happens: from its claim to the request to the slot's shell, and from
 * the shell's answer to the move that settles it. Most jobs are plain, and each step here costs every one of them; so
 * nothing is asked that can be known, and nothing waits but for the disk.
 *
 * Whatever is odd, and every error, falls to the general code with what is held then: before the command has begun to
 * `start.ts`, after that to `active-run.ts` and `settle.ts`. Those do the same steps in the same order, and have the
 * last word: a spec runs the same jobs both ways.
 *
 * Crash: the same files lie there in the same order as on the general way, so the table in CRASHES.md is one.
 */
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import { bootSeconds, monotonicMs, nowMs } from '../clock.ts'
import { fifoState } from '../disk/fifo.ts'
import { beginStamp, discard, dropStamp, endStamp, exists, lstat, makeDir, remove, type Stamp } from '../disk/files.ts'
import { readSmall } from '../disk/read.ts'
import { flushesMoves, flushesRecords, flushFileThen } from '../disk/sync.ts'
import type { Outcome, Verdict } from '../job/decide.ts'
import { isMadeId } from '../job/file-name.ts'
import type { Job } from '../job/job.ts'
import { plainJob } from '../job/plain.ts'
import { printJob } from '../job/print.ts'
import { settledRecord, startedRecord } from '../job/record.ts'
import { type Held, settleMove } from '../spool/transitions.ts'
import { ActiveRun } from './active-run.ts'
import type { StartContext } from './context.ts'
import { ownVariables } from './environment.ts'
import { canEnter, inherited, type Launched } from './launch.ts'
import { createFiles } from './output.ts'
import { type RunPaths, runPaths } from './paths.ts'
import { isDash, type Shell, type ShellEnd, shellRequest } from './shell.ts'
import { type Waits, startJob } from './start.ts'
import { markSuffix } from './start-mark.ts'
import { removeTraces } from './traces.ts'

/** Where the general code begins: with a run to start, or one that goes on. */
export type GeneralStart = () => Promise<ActiveRun | Waits | undefined> | ActiveRun

interface PlainHost {
  /** Called when the shell was asked to start the command. */
  asked(): void
  /** Called when the job is settled. */
  settled(): void
  /** Called when it is plain no more. */
  fell(start: GeneralStart): void
}

/** A job that is done so, and what it takes. */
interface Plain {
  readonly job: Job
  readonly shell: Shell
}

/**
 * Is this job plain, and is all that its run needs at hand? A job that must be looked at in any other way before it
 * starts or after it has ended is not: new conditions go here.
 */
function plainOf(ctx: StartContext, held: Held, slot: number): Plain | undefined {
  // Of an id that was chosen there may be traces, of a job that had it before.
  if (!isMadeId(held.name.id)) return undefined
  // A move that is flushed before it is reported is waited for.
  if (flushesMoves(ctx.config.durability) || Object.keys(inherited().odd).length > 0) return undefined
  const text = readSmall(held.path)
  const job = text === undefined ? undefined : plainJob(text, held.name)
  if (!job || !canEnter(job.cwd ?? ctx.home.root)) return undefined
  // Last, because it is taken. The first run of a slot opens its shell.
  const shell = ctx.shells.takeIdle(slot)
  return shell && { job, shell }
}

const SUCCESS: Outcome = { kind: 'exited', code: 0 }
const COMPLETED: Verdict = { to: 'completed', ending: 'completed', countsAttempt: true }

export class PlainRun {
  readonly held: Held
  readonly #ctx: StartContext
  readonly #host: PlainHost
  readonly #slot: number
  readonly #shell: Shell
  /** Its run is the first one. */
  readonly #job: Job
  readonly #paths: RunPaths
  readonly #startedAt = nowMs()
  readonly #timeout: number
  #state: 'starting' | 'running' | 'ended' = 'starting'
  #hasOutput = false
  /** The inode of its FIFO. */
  #fifo = 0
  /** When the shell was asked: on the monotonic clock (ms), and in seconds since boot. */
  #asked = 0
  #since = 0
  /** Tells the general code, once it watches this run, how the shell has answered. */
  #answer: ((end: ShellEnd) => void) | undefined

  /** The run of a claimed job that is about to start; undefined when it is not plain: nothing was done. */
  static of(ctx: StartContext, held: Held, slot: number, host: PlainHost): PlainRun | undefined {
    try {
      const plain = plainOf(ctx, held, slot)
      return plain && new PlainRun(ctx, held, slot, host, plain)
    } catch {
      // The general code meets the same, and says so.
      return undefined
    }
  }

  private constructor(ctx: StartContext, held: Held, slot: number, host: PlainHost, { job, shell }: Plain) {
    this.#ctx = ctx
    this.held = held
    this.#slot = slot
    this.#host = host
    this.#shell = shell
    const facts = { run: 1, worker: ctx.holder.name, slot, at: this.#startedAt }
    this.#job = startedRecord(job, facts)
    this.#paths = runPaths(ctx.home, job.id, 1)
    this.#timeout = job.timeout ?? ctx.configOf(job.queue).timeout
  }

  start(): void {
    // If we die after the stamp: no traces, so recovery puts the job back; run 2 is the next one.
    this.#stamp(this.#job, (stamp) => {
      try {
        if (stamp && endStamp(stamp)) return this.#begin()
      } catch {
        // The general code meets the same, and says so.
      }
      this.#fallBeforeStart()
    })
  }

  /** Does its command run, as far as the shell has said? */
  get isRunning(): boolean {
    return this.#state === 'running'
  }

  /** When it times out, on the monotonic clock (ms). */
  get deadline(): number {
    return this.isRunning && this.#timeout > 0 ? this.#asked + this.#timeout * 1000 : Number.POSITIVE_INFINITY
  }

  /** The run as the general code watches it from now on; undefined while it is being started or settled. */
  watched(): ActiveRun | undefined {
    return this.isRunning ? this.#watch() : undefined
  }

  /** Makes its files and asks the shell to start the command. */
  #begin(): void {
    const { home, fifos } = this.#ctx
    try {
      // The directory is new with a new id: if it is there, something has been before.
      if (!makeDir(join(home.logs, this.#job.id))) return this.#fallBeforeStart()
      // If we die after this: the number counts as used, and the next run takes another one.
      const output = createFiles(this.#paths)
      if (!output) return this.#fallBeforeStart()
      this.#hasOutput = true
      closeSync(output.out)
      closeSync(output.err)
      // If we die from here until the shell holds the FIFO: no start mark, so recovery puts the job back uncounted.
      this.#fifo = fifos.take(this.#paths.fifo)
      const request = this.#request()
      if (request === undefined) return this.#fallBeforeStart()
      this.#asked = monotonicMs()
      this.#state = 'running'
      // If we die after this: the shell starts the command if the job still lies where we held it; the run is adopted.
      this.#shell.ask(request, (end) => this.#onEnd(end))
    } catch {
      return this.#fallBeforeStart()
    }
    this.#ctx.recordSoon({ event: 'started', job: this.#job.id, run: 1, worker: this.#ctx.holder.name })
    this.#host.asked()
  }

  #request(): string | undefined {
    const { command, cwd = this.#ctx.home.root, env } = this.#job
    const own = ownVariables(this.#ctx, { job: this.#job, paths: this.#paths, slot: this.#slot })
    const argv = typeof command === 'string' ? ['/bin/sh', '-c', command] : command
    const isForked = env !== undefined || typeof command !== 'string' || !isDash()
    this.#since = bootSeconds()
    return shellRequest(
      { held: this.held.path, paths: this.#paths, cwd, argv, env: env ? { ...env, ...own } : own },
      markSuffix(this.#fifo, this.#since, !isForked),
      !isForked,
    )
  }

  #onEnd(end: ShellEnd): void {
    if (this.#answer) return this.#answer(end)
    this.#state = 'ended'
    // The shell could not enter the directory, or could not write the start mark.
    if (end === 'unbegun') return this.#fallBeforeStart()
    try {
      if (end === 0 && this.#isSettledPlainly()) return this.#settle()
    } catch {
      // The general code tries again, and says what is wrong.
    }
    this.#fall(end)
  }

  /** Was it not to be ended, has it left nothing behind, and needs its output no cut? */
  #isSettledPlainly(): boolean {
    const { max_log_bytes: limit } = this.#ctx.config
    const { note, fifo, out, err } = this.#paths
    const isShort = (path: string): boolean => limit === 0 || (lstat(path)?.size ?? 0) <= limit
    return !exists(note) && fifoState(fifo, this.#fifo) === 'free' && isShort(out) && isShort(err)
  }

  #settle(): void {
    const finishedAt = nowMs()
    const worker = this.#ctx.holder.name
    const facts = { run: 1, worker, slot: this.#slot, startedAt: this.#startedAt, finishedAt }
    const record = settledRecord(this.#job, SUCCESS, COMPLETED, facts)
    // If we die before the stamp: recovery settles the run from its exit record.
    this.#stamp(record, (stamp) => {
      try {
        // If we die between the stamp and the move: the run is counted; recovery makes the move.
        if (stamp && endStamp(stamp) && settleMove(this.#ctx.home, this.held, record, 'completed', finishedAt))
          return this.#settled(record)
      } catch {
        // The general code tries again, and says what is wrong.
      }
      this.#fall(0)
    })
  }

  /** If we die in here: the job is settled; its traces are leftovers that the sweeper removes. */
  #settled(record: Job): void {
    this.#removeTraces()
    this.#ctx.shells.giveBack(this.#slot, this.#shell)
    const { duration_ms = 0, exit_code = 0 } = record
    const worker = this.#ctx.holder.name
    this.#ctx.callHook('completed', record)
    this.#ctx.recordSoon({ job: record.id, run: 1, worker, duration_ms, exit_code, event: 'completed' })
    this.#host.settled()
  }

  #removeTraces(): void {
    const { mark, progress, fifo } = this.#paths
    try {
      remove(mark)
      if (!exists(progress) && this.#ctx.fifos.giveBack(fifo)) return
    } catch {
      // Something else is in its place.
    }
    removeTraces(this.#paths, false, this.#ctx.fifos)
  }

  /** Writes a record beside the held one and flushes it. `then` gets nothing when that failed. */
  #stamp(record: Job, then: (stamp: Stamp | undefined) => void): void {
    let stamp: Stamp | undefined
    try {
      stamp = beginStamp(this.held.path, printJob(record))
    } catch {
      // The general code meets the same.
    }
    if (!stamp || !flushesRecords(this.#ctx.config.durability)) return then(stamp)
    const written = stamp
    flushFileThen(written.fd, (error) => {
      if (error) dropStamp(written)
      then(error ? undefined : written)
    })
  }

  /** The command has not begun: what was made for it goes, and the general code starts it. */
  #fallBeforeStart(): void {
    this.#state = 'ended'
    removeTraces(this.#paths, false)
    for (const path of this.#hasOutput ? [this.#paths.out, this.#paths.err] : []) discard(path)
    this.#ctx.shells.giveBack(this.#slot, this.#shell)
    this.#host.fell(() => startJob(this.#ctx, this.held, this.#slot))
  }

  /** The command has ended, and the general code settles it. */
  #fall(end: ShellEnd): void {
    this.#host.fell(() => {
      const run = this.#watch()
      this.#answer?.(end)
      return run
    })
  }

  #watch(): ActiveRun {
    const { home, log, shells } = this.#ctx
    const [shell, slot, job] = [this.#shell, this.#slot, this.#job]
    const launched: Launched = {
      leader: { pid: shell.pid, start: shell.start, since: this.#since },
      ended: new Promise((resolve) => (this.#answer = resolve)),
      release: (isClean) => (isClean ? shells.giveBack(slot, shell) : shell.detach()),
      detach: () => shell.detach(),
    }
    const watched = { home, job, held: this.held, slot, timeout: this.#timeout, fifo: this.#fifo, log }
    return ActiveRun.watch(watched, launched, this.#startedAt, monotonicMs() - this.#asked)
  }
}
