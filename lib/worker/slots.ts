/** Keeps a worker's slots: each holds one job from its claim until it is settled. */
import { join } from 'node:path'
import { QueueError } from '../errors.ts'
import { exists } from '../disk/files.ts'
import { punchHole } from '../run/output-cap.ts'
import { type Held, putBack } from '../spool/transitions.ts'
import { type Note, removeTraces } from '../run/traces.ts'
import type { ActiveRun } from '../run/active-run.ts'
import type { StartContext } from '../run/context.ts'
import { quarantine } from '../spool/corrupt.ts'
import { settleRun } from '../run/settle.ts'
import { type GeneralStart, PlainRun } from '../run/plain.ts'
import { startJob } from '../run/start.ts'
import type { Reserved } from '../run/fifo-pool.ts'
import type { GoingOn } from './numbers.ts'

/** Of one job it is that job's trouble; of several, such as on a full disk, the machine's. */
const notBegun = (): Error =>
  Object.assign(new QueueError('FAILED', 'its shell was killed, or the disk had no space for its start mark'), {
    cause: Object.assign(new Error('the command was not begun'), { code: 'ECANCELED' }),
  })

interface BusySlot {
  readonly slot: number
  readonly isAdopted: boolean
  /** The run of a job that is plain so far. */
  plain?: PlainRun | undefined
  run?: ActiveRun
  /** The run has ended and is being settled. */
  settling?: true
  /** It is one of {@link Slots.runs}. */
  isCounted?: boolean
}

/** The worker that the slots belong to. */
export interface SlotsHost {
  readonly ctx: StartContext
  /** Called when something could not be done with one entry, given by its path in the home. */
  onFailure(entry: string, doing: string, error: unknown): void
  /** Called when a job cannot start yet, for this reason: it goes back to pending/ and is left alone for a while. */
  mustWait(fileName: string, why: string): void
  /** Called when a slot has become free, or a run has begun. */
  changed(): void
}

/** How often the size of output files is checked (ms). */
const CAP_EVERY_MS = 1000

const FILE_REMOVED: Note = { why: 'cancel', reason: 'its file was taken away by hand' }

export class Slots {
  readonly #count: number
  readonly #host: SlotsHost
  readonly #isForOne: boolean
  /** By the name of the job file. */
  readonly #busy = new Map<string, BusySlot>()
  #capTimer: NodeJS.Timeout | undefined
  /** Runs that begin from now on are ended for this reason. */
  #endNote: Note | undefined
  #runs = 0

  /** @param isForOne the worker is there for one job: adopted runs do not take its slot */
  constructor(count: number, isForOne: boolean, host: SlotsHost) {
    this.#count = count
    this.#host = host
    this.#isForOne = isForOne
  }

  get busy(): number {
    return this.#busy.size
  }

  /** How many jobs it has run, those that still run among them; adopted ones do not count. */
  get runs(): number {
    return this.#runs
  }

  /** The same, with those that are being started. */
  get taken(): number {
    return this.#runs + [...this.#busy.values()].filter((busy) => !busy.isAdopted && busy.isCounted !== true).length
  }

  /** Counts a job among {@link runs}, once, or takes it back. */
  #countRun(busy: BusySlot, isRun: boolean): void {
    if (busy.isAdopted || (busy.isCounted ?? false) === isRun) return
    this.#runs += isRun ? 1 : -1
    busy.isCounted = isRun
  }

  get free(): number {
    if (!this.#isForOne) return this.#count - this.#busy.size
    return this.#count - [...this.#busy.values()].filter(({ isAdopted }) => !isAdopted).length
  }

  has(fileName: string): boolean {
    return this.#busy.has(fileName)
  }

  /** The lowest free slot number; adopted runs can take numbers beyond the worker's count. */
  nextNumber(): number {
    const used = new Set<number>()
    for (const { slot } of this.#busy.values()) used.add(slot)
    let slot = 1
    while (used.has(slot)) slot++
    return slot
  }

  /** Milliseconds from `now`, on the monotonic clock, until the first run times out; negative when one has. */
  timeToDeadline(now: number): number {
    let first = Number.POSITIVE_INFINITY
    for (const { plain, run } of this.#busy.values()) first = Math.min(first, (plain ?? run)?.deadline ?? first)
    return first - now
  }

  /** Can the process exit? False while a run is being started or settled. */
  get isAtRest(): boolean {
    return [...this.#busy.values()].every(
      ({ plain, run, settling }) => plain?.isRunning === true || (run !== undefined && !settling),
    )
  }

  /** Keeps output below the cap, by a timer that stops when no job runs. */
  #startCapTimer(): void {
    this.#capTimer ??= setInterval(() => {
      const { home, config } = this.#host.ctx
      if (this.#busy.size === 0) {
        clearInterval(this.#capTimer)
        this.#capTimer = undefined
      }
      if (config.max_log_bytes > 0)
        for (const [fileName, busy] of this.#busy)
          try {
            const run = this.#runIn(busy)
            if (run) punchHole(home, run.paths, config.max_log_bytes)
          } catch (error) {
            this.#host.onFailure(this.#entryOf(fileName), `cap the output of ${fileName}`, error)
          }
    }, CAP_EVERY_MS).unref()
  }

  /** What goes on, for those who look at all of it. */
  goingOn(): GoingOn[] {
    return [...this.#busy].flatMap(([fileName, busy]) =>
      busy.settling ? [] : [{ fileName, fifo: this.#runIn(busy)?.paths.fifo }],
    )
  }

  /** Runs a claimed job. @param fifo the one that its numbers of limits stand on, when it has any */
  begin(held: Held, fifo?: Reserved): void {
    const { ctx } = this.#host
    const busy: BusySlot = { slot: this.nextNumber(), isAdopted: false }
    this.#busy.set(held.fileName, busy)
    if (fifo) return this.#beginGeneral(held, busy, () => startJob(ctx, held, busy.slot, fifo))
    busy.plain = PlainRun.of(ctx, held, busy.slot, {
      asked: () => {
        this.#countRun(busy, true)
        this.#startCapTimer()
        if (this.#endNote) this.#runIn(busy)?.end(this.#endNote)
        this.#host.changed()
      },
      settled: () => this.#release(held.fileName),
      fell: (start) => this.#beginGeneral(held, busy, start),
    })
    if (busy.plain) busy.plain.start()
    else this.#beginGeneral(held, busy, () => startJob(ctx, held, busy.slot))
  }

  #beginGeneral(held: Held, busy: BusySlot, start: GeneralStart): void {
    busy.plain = undefined
    void this.#runJob(held, busy, start).finally(() => this.#release(held.fileName))
  }

  /** The run in a slot, for a caller that wants more of it than a plain run has; undefined while it begins or is settled. */
  #runIn(busy: BusySlot): ActiveRun | undefined {
    const run = busy.plain?.watched()
    if (busy.plain && run) {
      this.#beginGeneral(busy.plain.held, busy, () => run)
      busy.run = run
    }
    return busy.run
  }

  /** Watches a run whose worker died. */
  adopt(fileName: string, run: ActiveRun): void {
    const busy: BusySlot = { slot: run.slot, isAdopted: true }
    this.#busy.set(fileName, busy)
    void this.#watchRun(run, busy).finally(() => this.#release(fileName))
  }

  /** Checks every run: has it timed out, is there a note to end it, does its job file still exist? */
  check(ownDir: string): void {
    for (const [fileName, busy] of this.#busy) {
      try {
        const run = this.#runIn(busy)
        if (run && !exists(join(ownDir, fileName))) run.end(FILE_REMOVED)
        run?.check()
      } catch (error) {
        this.#host.onFailure(this.#entryOf(fileName), `check the run of ${fileName}`, error)
      }
    }
  }

  /** Ends every run; `forGood`: also those that begin later. */
  endAll(note: Note, forGood: boolean): void {
    if (forGood) this.#endNote = note
    for (const busy of this.#busy.values()) this.#runIn(busy)?.end(note)
  }

  /** Kills every run and frees its slot; its files stay as they are. */
  abandonAll(): void {
    for (const busy of this.#busy.values()) if (!busy.settling) this.#runIn(busy)?.abandon()
  }

  /** Stops watching; the runs go on. */
  detach(): void {
    for (const busy of this.#busy.values()) this.#runIn(busy)?.detach()
  }

  /** Handles a file in `pending/` with the name of a job in a slot: a copy, or the job itself, moved back by hand. */
  handleDuplicate(fileName: string): void {
    const { home, holder } = this.#host.ctx
    const reason = 'a copy of a job that is running: it came back into pending/ after it was claimed'
    if (exists(join(holder.dir, fileName))) quarantine(home, join(home.pending, fileName), fileName, reason)
    else {
      const busy = this.#busy.get(fileName)
      if (busy) this.#runIn(busy)?.end(FILE_REMOVED)
    }
  }

  async #runJob(held: Held, busy: BusySlot, start: GeneralStart): Promise<void> {
    try {
      const run = await start()
      if (run && 'waitsFor' in run) {
        this.#host.mustWait(held.fileName, run.waitsFor)
        await this.#giveBack(held, busy)
        return
      }
      const end = run && (await this.#watchRun(run, busy))
      if (end === 'not_begun') throw notBegun()
    } catch (error) {
      this.#host.onFailure(`pending/${held.fileName}`, `start ${held.name.id}`, error)
      await this.#giveBack(held, busy)
    }
  }

  /** If we die before it is done: a claimed job without a start mark; recovery puts it back. */
  async #giveBack(held: Held, busy: BusySlot): Promise<void> {
    this.#countRun(busy, false)
    const { home, retryUntilDone } = this.#host.ctx
    const entry = this.#entryOf(held.fileName)
    await retryUntilDone(`give back ${held.name.id}`, () => putBack(home, held), entry)
  }

  #entryOf(fileName: string): string {
    return `processing/${this.#host.ctx.holder.name}/${fileName}`
  }

  /** Watches a run to its end and settles it. Does not throw: settling is repeated until it succeeds. */
  async #watchRun(run: ActiveRun, busy: BusySlot): Promise<'settled' | 'not_begun'> {
    busy.run = run
    this.#countRun(busy, true)
    this.#startCapTimer()
    if (this.#endNote) run.end(this.#endNote)
    this.#host.changed()
    const end = await run.ended
    busy.settling = true
    if (end.kind === 'abandoned') {
      run.close(false)
      return 'settled'
    }
    if (end.kind === 'not_begun' || end.kind === 'taken_away') {
      run.close(false)
      removeTraces(run.paths, false)
      if (end.kind === 'not_begun') return 'not_begun'
      const ctx = this.#host.ctx
      ctx.record({ event: 'removed', job: run.id, run: run.run, worker: ctx.holder.name })
      return 'settled'
    }
    await settleRun(this.#host.ctx, run, end)
    return 'settled'
  }

  #release(fileName: string): void {
    this.#busy.delete(fileName)
    try {
      this.#host.ctx.letGo(fileName)
    } catch (error) {
      this.#host.onFailure(this.#entryOf(fileName), `let go the limits of ${fileName}`, error)
    }
    this.#host.changed()
  }
}
