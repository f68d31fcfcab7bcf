/**
 * One run that is going on, seen by whoever watches it: the worker that started it, or one that adopted it.
 *
 * A run ends when its own command ends. Its watcher hears that from the shim's exit, or, of an adopted run, from its
 * FIFO: the shim rings it, and the kernel closes it when the last process is gone.
 */
import { Socket } from 'node:net'
import { monotonicMs, nowMs } from '../clock.ts'
import type { Job } from '../job/job.ts'
import { GRACE_MS, type Outcome } from '../job/decide.ts'
import { exists, isExhausted } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { isHeld, openReadEndIfThere } from '../disk/fifo.ts'
import type { Held } from '../spool/transitions.ts'
import { type Note, readNote, readTraces, type Traces, writeNote } from './traces.ts'
import { diskSpace } from '../disk/space.ts'
import type { Launched } from './launch.ts'
import type { ShellEnd } from './shell.ts'
import { signalRun } from './kill.ts'
import { holdersOf, runAge, startTimeOf } from '../disk/process.ts'
import { type RunPaths, runPaths } from './paths.ts'
import { lastErrorLine } from './output-reader.ts'

/** How long we wait for a run that has not quite begun to begin, so that it can be ended (ms). */
const TERM_RETRY_MS = 20
/** How long the kernel may take to end what was sent KILL (ms). */
const AFTER_KILL_MS = 1000

/** How long we wait when the machine is out of something (ms). */
const EXHAUSTED_RETRY_MS = 100

/** How a run ended, or that it never began: the machine was out of something, or the job had been taken away. */
export type RunEnd = Outcome | { readonly kind: 'not_begun' } | { readonly kind: 'taken_away' }

/** What is known of a run by those who watch it. */
export interface WatchedRun {
  readonly home: Home
  /** Its record, stamped as started. */
  readonly job: Job
  readonly held: Held
  readonly slot: number
  /** Seconds; 0 for no limit. */
  readonly timeout: number
}

export class ActiveRun {
  readonly job: Job
  readonly held: Held
  readonly slot: number
  readonly paths: RunPaths
  /** Wall clock, for the record. */
  readonly startedAt: number
  /** Resolves when the run's own command has ended. */
  readonly ended: Promise<RunEnd>
  readonly #home: Home
  readonly #timeout: number
  readonly #deadline: number
  #leader: Traces['leader']
  #socket: Socket | undefined
  #launched: Launched | undefined
  #note: Note | undefined
  #grace: NodeJS.Timeout | undefined
  /** The command's exit code, when it has ended and what it started is still being ended. */
  #code: number | undefined
  #termRetry: NodeJS.Timeout | undefined
  /** Everything was sent KILL a while ago: what is left cannot be ended. */
  #isKillDone = false
  #finish: (end: RunEnd) => void = () => {}
  #over = false
  #isDetached = false

  /** @param elapsed milliseconds that it has run already */
  private constructor({ home, job, held, slot, timeout }: WatchedRun, startedAt: number, elapsed: number) {
    this.#home = home
    this.job = job
    this.held = held
    this.slot = slot
    this.paths = runPaths(home, job.id, job.runs)
    this.startedAt = startedAt
    this.#timeout = timeout
    this.#deadline = timeout === 0 ? Number.POSITIVE_INFINITY : monotonicMs() + timeout * 1000 - elapsed
    this.ended = new Promise((resolve) => {
      this.#finish = (end) => {
        if (this.#over) return
        this.#over = true
        clearTimeout(this.#grace)
        clearTimeout(this.#termRetry)
        this.#socket?.destroy()
        resolve(end)
      }
    })
  }

  /** A run we have just started. */
  static watch(watched: WatchedRun, launched: Launched, startedAt: number): ActiveRun {
    const run = new ActiveRun(watched, startedAt, 0)
    run.#launched = launched
    run.#leader = launched.leader
    void launched.ended.then((end) => run.#attempt(() => run.#onShellEnd(end)))
    return run
  }

  /** A run whose watcher is gone. */
  static adopt(watched: WatchedRun, traces: Traces): ActiveRun {
    const startedAt = Date.parse(watched.job.started_at ?? '') || nowMs()
    const age =
      traces.leader && startTimeOf(traces.leader.pid) === traces.leader.start ? runAge(traces.leader) : undefined
    const run = new ActiveRun(watched, startedAt, age ?? Math.max(0, nowMs() - startedAt))
    run.#leader = traces.leader
    run.#attempt(() => run.#watchFifo())
    if (traces.note) run.end(traces.note)
    return run
  }

  get id(): string {
    return this.job.id
  }

  get run(): number {
    return this.job.runs
  }

  /** When its time is up, on the monotonic clock; Infinity without a timeout and once it is being ended. */
  get deadline(): number {
    return this.#over || this.#grace ? Number.POSITIVE_INFINITY : this.#deadline
  }

  get pid(): number | undefined {
    return this.#leader?.pid
  }

  /** Ends the run for a reason that is on disk before the first signal. The first reason stays. */
  end(note: Note): void {
    if (this.#over || this.#grace) return
    try {
      this.#note = writeNote(this.#home, this.id, this.run, note)
    } catch {
      // No room for it, or the home is gone: end the run all the same; only a crash now would hide why.
      this.#note = note
    }
    this.#attempt(() => this.#terminate())
    this.#grace = setTimeout(() => this.#attempt(() => this.#kill()), GRACE_MS)
  }

  /** Ends it if its time is up, or if somebody left a note that asks for it. */
  check(): void {
    if (this.#over) return
    const note = readNote(this.paths)
    if (note) this.end(note)
    else if (monotonicMs() >= this.#deadline) this.end({ why: 'timeout', seconds: this.#timeout })
    else if (this.#socket) this.#checkTraces()
  }

  /** Stops watching; the run goes on, for another worker to adopt. */
  detach(): void {
    this.#isDetached = true
    this.#launched?.detach()
    this.#socket?.destroy()
    clearTimeout(this.#grace)
    clearTimeout(this.#termRetry)
  }

  /** The processes that the run, being over, has left behind, by pid; undefined: nothing is left. */
  strays(): number[] | undefined {
    return isHeld(this.paths.fifo) ? holdersOf(this.paths.fifo) : undefined
  }

  /** The run is over. What was sent signals with it starts no other. */
  close(isClean: boolean): void {
    this.#launched?.release(isClean && this.#note === undefined)
  }

  /** TERM; once more when the command has begun, if it had not: until then the shim may swallow it. */
  #terminate(): void {
    const hadBegun = readTraces(this.paths).leader !== undefined
    this.#signal('SIGTERM')
    if (!hadBegun) this.#termRetry = setTimeout(() => this.#attempt(() => this.#terminate()), TERM_RETRY_MS)
  }

  #kill(): void {
    this.#signal('SIGKILL')
    this.#grace = setTimeout(() => {
      this.#isKillDone = true
      this.#attempt(() => this.#code !== undefined && this.#commandEnded(this.#code))
    }, AFTER_KILL_MS)
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    signalRun(this.paths, this.#leader ?? readTraces(this.paths).leader, signal)
  }

  #watchFifo(): void {
    if (this.#socket) return
    // Not blocking a thread: the kernel tells by the event loop when something is written or the last holder ends.
    const fd = openReadEndIfThere(this.paths.fifo)
    if (fd === undefined) return this.#checkTraces()
    this.#socket = new Socket({ fd, readable: true, writable: false })
    for (const event of ['data', 'end', 'error']) this.#socket.on(event, () => this.#attempt(() => this.#checkTraces()))
    this.#attempt(() => this.#checkTraces())
  }

  /** Does what a signal, a timer or the FIFO asks for; out of descriptors or the like, a moment later. */
  #attempt(act: () => unknown): void {
    if (this.#over || this.#isDetached) return
    try {
      act()
    } catch (error) {
      if (!isExhausted(error)) throw error
      setTimeout(() => this.#attempt(act), EXHAUSTED_RETRY_MS).unref()
    }
  }

  /** Has the command of a run ended of which nobody tells us? */
  #checkTraces(): void {
    const traces = readTraces(this.paths)
    if (traces.exit) this.#commandEnded(traces.exit.code)
    else if (!traces.held && (traces.leader || this.#note || traces.note))
      this.#finish(this.#outcome(this.#code, traces.note))
    else if (!traces.held) this.#finish({ kind: 'not_begun' })
  }

  #onShellEnd(end: ShellEnd): void {
    // Killed from outside, or by us together with its group: what it started may still be running.
    if (typeof end === 'number') this.#commandEnded(end)
    else if (end === 'gone' && !exists(this.held.path)) this.#finish({ kind: 'taken_away' })
    else this.#watchFifo()
  }

  #commandEnded(code: number): void {
    if (this.#grace && !this.#isKillDone && isHeld(this.paths.fifo)) {
      // A run that we end is over when everything it started is: what ignores TERM is killed after the grace.
      this.#code = code
      this.#watchFifo()
    } else this.#finish(this.#outcome(code, readNote(this.paths)))
  }

  #outcome(code: number | undefined, note: Note | undefined): Outcome {
    return outcomeOf(code, this.#note ?? note, this.paths)
  }
}

/** What came of a run, from its exit code (if it left one) and the reason it was ended for (if it was). */
export function outcomeOf(code: number | undefined, note: Note | undefined, paths: RunPaths): Outcome {
  const exit = code === undefined ? {} : { code }
  const error = code === 0 ? undefined : lastErrorLine(paths)
  const said = error === undefined ? {} : { error }
  switch (note?.why) {
    case 'timeout':
      return { kind: 'timed_out', seconds: note.seconds, ...exit, ...said }
    case 'cancel':
      return { kind: 'cancelled', reason: note.reason, ...exit }
    case 'give-back':
      return { kind: 'given_back', ...exit }
    case undefined:
      return code === undefined ? { kind: 'interrupted' } : { kind: 'exited', code, ...said }
  }
}

/** A command that failed on a full disk most probably failed because of it; a home that is gone has no room to ask for. */
export const withDiskSpace = (home: Home, outcome: Outcome): Outcome =>
  outcome.kind === 'exited' && outcome.code !== 0 && exists(home.root) && diskSpace(home).state === 'full'
    ? { ...outcome, noRoom: true }
    : outcome
