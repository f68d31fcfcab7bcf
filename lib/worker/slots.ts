/**
 * The slots of a worker: each is taken by one job, from its claim until it is settled.
 */
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
import { startJob } from '../run/start.ts'

interface BusySlot {
  readonly slot: number
  readonly isAdopted: boolean
  run?: ActiveRun
  /** The run has ended and is being settled. */
  settling?: true
}

/** What the slots need of their worker. */
export interface SlotsHost {
  readonly ctx: StartContext
  /** Something failed; claim nothing for a while. */
  onFailure(doing: string, error: unknown): void
  /** A slot has become free, or a run has begun. */
  changed(): void
}

/** How often (ms) the growth of output is looked at. */
const CAP_EVERY_MS = 1000

const TAKEN_AWAY: Note = { why: 'cancel', reason: 'its file was taken away by hand' }

export class Slots {
  readonly #count: number
  readonly #host: SlotsHost
  readonly #isForOne: boolean
  readonly #taken = new Map<string, BusySlot>()
  #capping: NodeJS.Timeout | undefined
  /** Runs that begin from now on are ended for this reason. */
  #ending: Note | undefined

  /** @param isForOne what is adopted does not keep the one job waiting that the worker is there for */
  constructor(count: number, isForOne: boolean, owner: SlotsHost) {
    this.#count = count
    this.#host = owner
    this.#isForOne = isForOne
  }

  get busy(): number {
    return this.#taken.size
  }

  get free(): number {
    if (!this.#isForOne) return this.#count - this.#taken.size
    return this.#count - [...this.#taken.values()].filter(({ isAdopted }) => !isAdopted).length
  }

  has(fileName: string): boolean {
    return this.#taken.has(fileName)
  }

  /** The lowest number that is not taken; adopted runs may take numbers beyond our count. */
  nextNumber(): number {
    const used = new Set([...this.#taken.values()].map(({ slot }) => slot))
    let slot = 1
    while (used.has(slot)) slot++
    return slot
  }

  /** Milliseconds until the first run's time is up, as of `now` on the monotonic clock; negative when it is. */
  timeToDeadline(now: number): number {
    return Math.min(...[...this.#taken.values()].map(({ run }) => run?.deadline ?? Number.POSITIVE_INFINITY)) - now
  }

  /** Can the process end without leaving anything half done? */
  get isAtRest(): boolean {
    return [...this.#taken.values()].every(({ run, settling }) => run !== undefined && !settling)
  }

  /** Looks once a second, while something runs, whether its output has grown beyond what is kept. */
  #cap(): void {
    this.#capping ??= setInterval(() => {
      const { home, config } = this.#host.ctx
      if (this.#taken.size === 0) {
        clearInterval(this.#capping)
        this.#capping = undefined
      }
      if (config.max_log_bytes > 0)
        for (const { run } of this.#taken.values()) if (run) punchHole(home, run.paths, config.max_log_bytes)
    }, CAP_EVERY_MS).unref()
  }

  /** Runs a job that we have claimed. */
  begin(held: Held): void {
    const taken: BusySlot = { slot: this.nextNumber(), isAdopted: false }
    this.#taken.set(held.fileName, taken)
    void this.#runJob(held, taken).finally(() => this.#release(held.fileName))
  }

  /** Goes on watching a run whose worker is gone. */
  adopt(fileName: string, run: ActiveRun): void {
    const taken: BusySlot = { slot: run.slot, isAdopted: true }
    this.#taken.set(fileName, taken)
    void this.#watchRun(run, taken).finally(() => this.#release(fileName))
  }

  /** Looks after every run: is its time up, has somebody left a note, is its file still there? */
  check(ownDir: string): void {
    for (const [fileName, { run }] of this.#taken) {
      if (run && !exists(join(ownDir, fileName))) run.end(TAKEN_AWAY)
      run?.check()
    }
  }

  /** Ends every run; `forGood`: those that are just beginning too. */
  endAll(note: Note, forGood: boolean): void {
    if (forGood) this.#ending = note
    for (const { run } of this.#taken.values()) run?.end(note)
  }

  /** Stops watching; what runs goes on. */
  detach(): void {
    for (const { run } of this.#taken.values()) run?.detach()
  }

  /** A name in `pending/` that we hold: a copy of the job, or the job itself, moved there by hand. */
  handleDuplicate(fileName: string): void {
    const { home, holder } = this.#host.ctx
    const reason = 'a copy of a job that is running: it came back into pending/ after it was claimed'
    if (exists(join(holder.dir, fileName))) quarantine(home, join(home.pending, fileName), fileName, reason)
    else this.#taken.get(fileName)?.run?.end(TAKEN_AWAY)
  }

  async #runJob(held: Held, taken: BusySlot): Promise<void> {
    const ctx = this.#host.ctx
    try {
      const run = await startJob(ctx, held, taken.slot)
      const end = run && (await this.#watchRun(run, taken))
      if (end === 'not_begun')
        throw new QueueError('FAILED', 'its shell was ended, or found no room for its start mark')
    } catch (error) {
      this.#host.onFailure(`start ${held.name.id}`, error)
      await ctx.retryUntilDone(`give back ${held.name.id}`, () => putBack(ctx.home, held))
    }
  }

  /** Watches a run to its end and settles it. Does not throw: what has run is settled, however long it takes. */
  async #watchRun(run: ActiveRun, taken: BusySlot): Promise<'settled' | 'not_begun'> {
    taken.run = run
    this.#cap()
    if (this.#ending) run.end(this.#ending)
    this.#host.changed()
    const end = await run.ended
    taken.settling = true
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
    this.#taken.delete(fileName)
    this.#host.changed()
  }
}
