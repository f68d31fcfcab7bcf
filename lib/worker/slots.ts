/**
 * The slots of a worker: each is taken by one job, from its claim until it is settled.
 */
import { join } from 'node:path'
import { QueueError } from '../errors.ts'
import { exists } from '../disk/files.ts'
import { punch } from '../run/output-cap.ts'
import { type Held, putBack } from '../spool/transitions.ts'
import { type Note, removeTraces } from '../run/traces.ts'
import type { ActiveRun } from '../run/active-run.ts'
import type { StartingSite } from '../run/context.ts'
import { setAside } from '../spool/corrupt.ts'
import { settleRun } from '../run/settle.ts'
import { startJob } from '../run/start.ts'

interface Taken {
  readonly slot: number
  readonly isAdopted: boolean
  run?: ActiveRun
  /** The run has ended and is being settled. */
  settling?: true
}

/** What the slots need of their worker. */
export interface Owner {
  site(): StartingSite
  /** Something failed; claim nothing for a while. */
  trouble(doing: string, error: unknown): void
  /** A slot has become free, or a run has begun. */
  changed(): void
}

/** How often (ms) the growth of output is looked at. */
const CAP_EVERY = 1000

const TAKEN_AWAY: Note = { why: 'cancel', reason: 'its file was taken away by hand' }

export class Slots {
  readonly #count: number
  readonly #owner: Owner
  readonly #isForOne: boolean
  readonly #taken = new Map<string, Taken>()
  #capping: NodeJS.Timeout | undefined
  /** Runs that begin from now on are ended for this reason. */
  #ending: Note | undefined

  /** @param isForOne what is adopted does not keep the one job waiting that the worker is there for */
  constructor(count: number, isForOne: boolean, owner: Owner) {
    this.#count = count
    this.#owner = owner
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
  patience(now: number): number {
    return Math.min(...[...this.#taken.values()].map(({ run }) => run?.deadline ?? Number.POSITIVE_INFINITY)) - now
  }

  /** Can the process end without leaving anything half done? */
  get isAtRest(): boolean {
    return [...this.#taken.values()].every(({ run, settling }) => run !== undefined && !settling)
  }

  /** Looks once a second, while something runs, whether its output has grown beyond what is kept. */
  #cap(): void {
    this.#capping ??= setInterval(() => {
      const { home, config } = this.#owner.site()
      if (this.#taken.size === 0) {
        clearInterval(this.#capping)
        this.#capping = undefined
      }
      if (config.max_log_bytes > 0)
        for (const { run } of this.#taken.values()) if (run) punch(home, run.paths, config.max_log_bytes)
    }, CAP_EVERY).unref()
  }

  /** Runs a job that we have claimed. */
  begin(held: Held): void {
    const taken: Taken = { slot: this.nextNumber(), isAdopted: false }
    this.#taken.set(held.fileName, taken)
    void this.#through(held, taken).finally(() => this.#release(held.fileName))
  }

  /** Goes on watching a run whose worker is gone. */
  adopt(fileName: string, run: ActiveRun): void {
    const taken: Taken = { slot: run.slot, isAdopted: true }
    this.#taken.set(fileName, taken)
    void this.#see(run, taken).finally(() => this.#release(fileName))
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
  letGo(): void {
    for (const { run } of this.#taken.values()) run?.letGo()
  }

  /** A name in `pending/` that we hold: a copy of the job, or the job itself, moved there by hand. */
  meetDouble(fileName: string): void {
    const { home, holder } = this.#owner.site()
    const reason = 'a copy of a job that is running: it came back into pending/ after it was claimed'
    if (exists(join(holder.dir, fileName))) setAside(home, join(home.pending, fileName), fileName, reason)
    else this.#taken.get(fileName)?.run?.end(TAKEN_AWAY)
  }

  async #through(held: Held, taken: Taken): Promise<void> {
    const site = this.#owner.site()
    try {
      const run = await startJob(site, held, taken.slot)
      const end = run && (await this.#see(run, taken))
      if (end === 'not_begun')
        throw new QueueError('FAILED', 'its shell was ended, or found no room for its start mark')
    } catch (error) {
      this.#owner.trouble(`start ${held.name.id}`, error)
      await site.insist(`give back ${held.name.id}`, () => putBack(site.home, held))
    }
  }

  /** Watches a run to its end and settles it. Does not throw: what has run is settled, however long it takes. */
  async #see(run: ActiveRun, taken: Taken): Promise<'settled' | 'not_begun'> {
    taken.run = run
    this.#cap()
    if (this.#ending) run.end(this.#ending)
    this.#owner.changed()
    const end = await run.ended
    taken.settling = true
    if (end.kind === 'not_begun' || end.kind === 'taken_away') {
      run.close(false)
      removeTraces(run.paths, false)
      if (end.kind === 'not_begun') return 'not_begun'
      const site = this.#owner.site()
      site.tell({ event: 'removed', job: run.id, run: run.run, worker: site.holder.name })
      return 'settled'
    }
    await settleRun(this.#owner.site(), run, end)
    return 'settled'
  }

  #release(fileName: string): void {
    this.#taken.delete(fileName)
    this.#owner.changed()
  }
}
