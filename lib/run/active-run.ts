/**
 * Watches one run to its end and ends it when it must: in the worker that started it, or in one that adopted it.
 *
 * A run ends when its own command ends. The shell that started it reports that; an adopted run reports it through its
 * FIFO: the shell writes to it, and the kernel closes it when the run's last process is gone.
 */
import { Socket } from 'node:net'
import { monotonicMs, nowMs } from '../clock.ts'
import { fifoState, openReadEndIfThere } from '../disk/fifo.ts'
import { exists, isExhausted, lstat } from '../disk/files.ts'
import { runAge, startTimeOf } from '../disk/process.ts'
import { GRACE_MS, type Outcome } from '../job/decide.ts'
import type { Job } from '../job/job.ts'
import type { Home } from '../spool/layout.ts'
import type { Held } from '../spool/transitions.ts'
import { signalRun } from './kill.ts'
import type { Launched } from './launch.ts'
import { outcomeOf } from './outcome.ts'
import { heldSentence, lifeOf, type MarkState, processesOf, type RunLife } from './run-life.ts'
import { type RunPaths, runPaths } from './paths.ts'
import type { ShellEnd } from './shell.ts'
import { type Note, readMark, readNote, readTraces, type Traces, writeNote } from './traces.ts'

/** Pause before TERM is sent again to a run whose command had not begun (ms). */
const TERM_RETRY_MS = 20
/** A run whose start mark is no older than this (ms) may have had no process yet to get TERM. */
const JUST_BEGUN_MS = 100
/** How long processes may take to end after KILL (ms); after that they are left behind as strays. */
const AFTER_KILL_MS = 1000
/** Pause before a step is tried again that failed because a resource is exhausted (ms), or for another reason. */
const EXHAUSTED_RETRY_MS = 100
const FAILED_RETRY_MS = 1000

/** How a run ended, or why its command never began: a resource is exhausted, or the job's file was removed. */
export type RunEnd =
  | Outcome
  | { readonly kind: 'not_begun' }
  | { readonly kind: 'taken_away' }
  | { readonly kind: 'abandoned' }

/** The run to watch. */
export interface WatchedRun {
  readonly home: Home
  /** The record, stamped as started. */
  readonly job: Job
  readonly held: Held
  readonly slot: number
  /** Seconds; 0 for no limit. */
  readonly timeout: number
  /** The inode of its FIFO, where it is known. */
  readonly fifo: number | undefined
  /** Writes a line to the worker's log. */
  readonly log: (line: string) => void
}

/** Processes that a run left behind. */
export interface Strays {
  readonly life: Exclude<RunLife, 'over'>
  /** Those that are seen. */
  readonly pids: readonly number[]
}

export class ActiveRun {
  readonly job: Job
  readonly held: Held
  readonly slot: number
  readonly paths: RunPaths
  /** Wall clock (ms), for the record. */
  readonly startedAt: number
  /** Resolves when the run's own command has ended; of a run that is being ended, when all its processes have. */
  readonly ended: Promise<RunEnd>
  readonly #home: Home
  readonly #timeout: number
  readonly #deadline: number
  #mark: MarkState = 'none'
  readonly #fifo: number | undefined
  #socket: Socket | undefined
  #launched: Launched | undefined
  /** Why the run is being ended. */
  #note: Note | undefined
  /** Set while the run is being ended: first until KILL, then until it is given up. */
  #grace: NodeJS.Timeout | undefined
  #termRetry: NodeJS.Timeout | undefined
  /** The command's exit code, while processes that it started are still being ended. */
  #code: number | undefined
  /** KILL was sent AFTER_KILL_MS ago: what is left cannot be ended. */
  #isKillDone = false
  #finish: (end: RunEnd) => void = () => {}
  /** No shell reports its end to us; without a FIFO to watch, only looking again tells. */
  #isAdopted = false
  #isOver = false
  #isDetached = false
  readonly #log: (line: string) => void
  /** The last failure of a step, reported once. */
  #failure = ''

  /** @param elapsed milliseconds that the run has taken so far */
  private constructor({ home, job, held, slot, timeout, fifo, log }: WatchedRun, startedAt: number, elapsed: number) {
    this.#home = home
    this.job = job
    this.held = held
    this.slot = slot
    this.paths = runPaths(home, job.id, job.runs)
    this.startedAt = startedAt
    this.#timeout = timeout
    this.#fifo = fifo
    this.#log = log
    this.#deadline = timeout === 0 ? Number.POSITIVE_INFINITY : monotonicMs() + timeout * 1000 - elapsed
    this.ended = new Promise((resolve) => {
      this.#finish = (end) => {
        if (this.#isOver) return
        this.#isOver = true
        clearTimeout(this.#grace)
        clearTimeout(this.#termRetry)
        this.#socket?.destroy()
        resolve(end)
      }
    })
  }

  /** Watches a run that this process has started. @param elapsed milliseconds ago */
  static watch(watched: WatchedRun, launched: Launched, startedAt: number, elapsed = 0): ActiveRun {
    const run = new ActiveRun(watched, startedAt, elapsed)
    run.#launched = launched
    run.#mark = {
      leader: launched.leader,
      since: launched.leader.since,
      boot: undefined,
      ns: undefined,
      fifo: watched.fifo,
      hasNoSubShell: false,
    }
    void launched.ended.then((end) => run.#retrying(() => run.#onShellEnd(end)))
    return run
  }

  /** Watches a run whose worker died. */
  static adopt(watched: WatchedRun, traces: Traces): ActiveRun {
    const startedAt = Date.parse(watched.job.started_at ?? '') || nowMs()
    const age =
      traces.leader && startTimeOf(traces.leader.pid) === traces.leader.start ? runAge(traces.leader) : undefined
    const run = new ActiveRun(watched, startedAt, age ?? Math.max(0, nowMs() - startedAt))
    run.#mark = traces.mark
    run.#isAdopted = true
    run.#retrying(() => run.#watchFifo())
    if (traces.note) run.end(traces.note)
    return run
  }

  get id(): string {
    return this.job.id
  }

  get run(): number {
    return this.job.runs
  }

  /** When the run times out, on the monotonic clock (ms); Infinity without a timeout and once it is being ended. */
  get deadline(): number {
    return this.#isOver || this.#grace ? Number.POSITIVE_INFINITY : this.#deadline
  }

  get pid(): number | undefined {
    return typeof this.#mark === 'string' ? undefined : this.#mark.leader?.pid
  }

  /** Ends the run: the reason goes to disk, then TERM, the grace, KILL. The first reason stays. */
  end(note: Note): void {
    if (this.#isOver || this.#grace) return
    try {
      // If we die after this: the worker that adopts the run goes on ending it, for the same reason.
      this.#note = writeNote(this.#home, this.id, this.run, note)
    } catch {
      // Disk full, or the home is gone. End the run anyway: the reason is lost only if we die now.
      this.#note = note
    }
    this.#retrying(() => this.#terminate())
    this.#grace = setTimeout(() => this.#retrying(() => this.#kill()), GRACE_MS)
  }

  /** Kills the run and is done with it. Writes nothing: its files are not ours any more. */
  abandon(): void {
    this.#signal('SIGKILL')
    this.detach()
    this.#finish({ kind: 'abandoned' })
  }

  /** Ends the run if it has timed out, or if a command left a note that asks for it. */
  check(): void {
    if (this.#isOver) return
    const note = readNote(this.paths)
    if (note) this.end(note)
    else if (monotonicMs() >= this.#deadline) this.end({ why: 'timeout', seconds: this.#timeout })
    else if (this.#isAdopted || this.#socket) this.#checkTraces()
  }

  /** Stops watching. The run goes on, for another worker to adopt. */
  detach(): void {
    this.#isDetached = true
    this.#launched?.detach()
    this.#socket?.destroy()
    clearTimeout(this.#grace)
    clearTimeout(this.#termRetry)
  }

  /** What the run, whose command has ended, left behind; undefined when nothing of it is alive. */
  strays(): Strays | undefined {
    // Usually nothing does, and one look at the FIFO tells.
    if (fifoState(this.paths.fifo, this.#fifo) === 'free') return undefined
    const { mark } = readMark(this.paths)
    const life = lifeOf(this.paths, mark, true)
    return life === 'over' ? undefined : { life, pids: processesOf(this.paths, mark) }
  }

  /** Gives the shell back once the run is over. A shell that was sent signals with its run starts no other one. */
  close(isClean: boolean): void {
    this.#launched?.release(isClean && this.#note === undefined)
  }

  /** Sends TERM, again and again until it was sent to a command that has begun: before that the shell may swallow it. */
  #terminate(isLast = false): void {
    const { mark } = readMark(this.paths)
    this.#signal('SIGTERM')
    if (mark === 'none') this.#termRetry = setTimeout(() => this.#retrying(() => this.#terminate()), TERM_RETRY_MS)
    else if (!isLast && this.#hasJustBegun(mark))
      this.#termRetry = setTimeout(() => this.#retrying(() => this.#terminate(true)), TERM_RETRY_MS)
  }

  /** Without a sub-shell, there is a moment after the start mark in which no process of the command is there yet. */
  #hasJustBegun(mark: MarkState): boolean {
    if (typeof mark === 'string' || !mark.hasNoSubShell) return false
    return nowMs() - (lstat(this.paths.mark)?.mtimeMs ?? 0) < JUST_BEGUN_MS
  }

  #kill(): void {
    this.#signal('SIGKILL')
    this.#grace = setTimeout(() => {
      this.#isKillDone = true
      this.#retrying(() => this.#code !== undefined && this.#onCommandEnd(this.#code))
    }, AFTER_KILL_MS)
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    signalRun(this.paths, this.#mark === 'none' ? readMark(this.paths).mark : this.#mark, signal)
  }

  #watchFifo(): void {
    if (this.#socket) return
    // A socket, not a file stream: its reads occupy the event loop and not a thread of the pool.
    const fd = openReadEndIfThere(this.paths.fifo)
    if (fd === undefined) return this.#checkTraces()
    this.#socket = new Socket({ fd, readable: true, writable: false })
    for (const event of ['data', 'end', 'error'])
      this.#socket.on(event, () => this.#retrying(() => this.#checkTraces()))
    this.#retrying(() => this.#checkTraces())
  }

  /**
   * Does a step, and tries it again later when it fails: a failure is about this run, and must not end the worker that
   * watches others too. Does nothing once the run is over.
   */
  #retrying(act: () => unknown): void {
    if (this.#isOver || this.#isDetached) return
    try {
      act()
    } catch (error) {
      const pause = isExhausted(error) ? EXHAUSTED_RETRY_MS : FAILED_RETRY_MS
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
      if (why !== this.#failure && !isExhausted(error)) this.#log(`cannot watch ${this.id} (trying again): ${why}`)
      this.#failure = why
      setTimeout(() => this.#retrying(act), pause).unref()
    }
  }

  /** Finishes a run whose shell does not report to us, once its traces say that it has ended. */
  #checkTraces(): void {
    const traces = readTraces(this.paths)
    if (traces.exit) return this.#onCommandEnd(traces.exit.code)
    if (traces.life === 'alive') return
    if (traces.life === 'hidden') this.#finish({ kind: 'hidden', what: heldSentence(this.paths, this.run) })
    else if (typeof traces.mark !== 'string' || this.#note || traces.note)
      this.#finish(this.#outcome(this.#code, traces.note))
    else this.#finish({ kind: 'not_begun' })
  }

  #onShellEnd(end: ShellEnd): void {
    if (typeof end === 'number') this.#onCommandEnd(end)
    else if (end === 'gone' && !exists(this.held.path)) this.#finish({ kind: 'taken_away' })
    // The shell was killed, by us together with the run's group or from outside: the command may still be running.
    else this.#watchFifo()
  }

  #onCommandEnd(code: number): void {
    if (this.#grace && !this.#isKillDone && this.strays()) {
      // A run that is being ended is over when all its processes are: those that ignore TERM get KILL after the grace.
      this.#code = code
      this.#watchFifo()
    } else this.#finish(this.#outcome(code, readNote(this.paths)))
  }

  #outcome(code: number | undefined, note: Note | undefined): Outcome {
    return outcomeOf(code, this.#note ?? note, this.paths)
  }
}
