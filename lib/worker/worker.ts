/**
 * The worker's loop: claim while a slot is free, run, settle; and between, the duties that are anybody's.
 *
 * Everything happens in rounds. A round is started by a timer or by a wake-up, which are hints to look and carry
 * nothing; what is true is read from the disk in each round.
 */
import { join } from 'node:path'
import { type Config, readConfig } from '../config.ts'
import { monotonicMs, nowMs, sleep } from '../clock.ts'
import { errno } from '../errors.ts'
import { type Event, tell } from '../journal/journal.ts'
import { sentence } from '../journal/words.ts'
import { DEFAULTS } from '../job/job.ts'
import { Candidates } from '../spool/candidates.ts'
import { exists, isExhausted, look, move, remove, writeNew } from '../spool/files.ts'
import { type Home, openHome } from '../spool/home.ts'
import { joinWorkers, type OwnHolder } from '../spool/holders.ts'
import { Intake } from '../spool/intake.ts'
import { keepLease } from '../spool/lease.ts'
import { claim, hasWork, type Held, promote, putBack, setAside } from '../spool/moves.ts'
import { discardFifos, FifoPool, type Note, removeTraces } from '../spool/runs.ts'
import { sweep } from '../spool/sweep.ts'
import { listenFor, ring } from '../spool/wake.ts'
import { settleRun, startJob } from './jobs.ts'
import { Log } from './log.ts'
import { Peers, recover } from './recover.ts'
import type { ActiveRun } from './run.ts'
import type { Site } from './site.ts'

export interface WorkerOptions {
  readonly slots: number
  /** Stop when nothing is left to do. */
  readonly burst: boolean
  /** A line for people, besides the log. */
  readonly say: (line: string) => void
  /** The directory stands, and others see the worker. */
  readonly ready: (holder: OwnHolder) => void
}

/** What a slot is taken by: a job from its claim until it is settled. */
interface Taken {
  readonly slot: number
  run?: ActiveRun
  /** The run has ended and is being settled. */
  settling?: true
}

const SWEEP_EVERY = 600_000
/** After a scan, the next one waits this many times as long as it took, so that scans take a tenth of the time. */
const REST = 9

export class Worker {
  readonly #options: WorkerOptions
  readonly #home: Home
  readonly #taken = new Map<string, Taken>()
  readonly #candidates = new Candidates()
  readonly #intake = new Intake()
  readonly #peers: Peers
  #holder: OwnHolder
  #fifos: FifoPool
  #log: Log
  #config: Config = DEFAULTS
  #configSeen = ''
  #stopping: 'drain' | 'leave' | undefined
  #over: () => void = () => {}
  #stopListening: () => Promise<void> = async () => {}
  #watched: number | undefined

  #timer: NodeJS.Timeout | undefined
  #woken = false
  #inRound = false
  #again = false
  /** A file with a name of its own was dropped. */
  #dropped = false
  /** What the next round must do besides claiming. */
  #duties = true
  #stale = true
  #nextDuties = 0
  #nextScan = 0
  #nextSweep = 0
  #nextDue = Number.POSITIVE_INFINITY
  /** Claims nothing before this moment, because the machine was out of something. */
  #pausedUntil = 0
  #pause = 500

  /** Joins the workers of a home. */
  constructor(root: string, options: WorkerOptions) {
    this.#options = options
    this.#home = openHome(root)
    this.#peers = new Peers(() => this.#wake(true))
    this.#holder = joinWorkers(this.#home, options.slots, nowMs())
    this.#fifos = new FifoPool(this.#home, this.#holder.name)
    this.#log = new Log(this.#holder.card.log)
  }

  /** Runs until told to stop or, with `burst`, until nothing is left to do. */
  async run(): Promise<void> {
    this.#keepBallast()
    await this.#listen()
    await keepLease(this.#holder.dir)
    ring(this.#home)
    this.#say(
      `${this.#holder.name} started with ${this.#options.slots} slots (pid ${process.pid}, home ${this.#home.root})`,
    )
    this.#options.ready(this.#holder)
    const over = new Promise<void>((resolve) => {
      this.#over = resolve
    })
    this.#wake(true)
    await over
    clearTimeout(this.#timer)
    for (const { run } of this.#taken.values()) run?.letGo()
    this.#peers.forget()
    await this.#stopListening()
    discardFifos(this.#home, this.#holder.name)
    this.#say(`${this.#holder.name} stopped`)
    this.#holder.leave()
    ring(this.#home)
  }

  /** Claims nothing more and stops when what runs has ended. */
  drain(): void {
    if (this.#stopping) return
    this.#stopping = 'drain'
    this.#say(`${this.#holder.name} is stopping: ${this.#taken.size} jobs still run`)
    this.#wake()
  }

  /** Stops now; what runs goes on and is adopted by the next worker. */
  leave(): void {
    this.#stopping = 'leave'
    this.#say(`${this.#holder.name} leaves ${this.#taken.size} jobs running`)
    this.#wake()
  }

  /** Ends what runs, gives the jobs back uncounted, and stops. */
  force(): void {
    this.drain()
    this.#endAll({ why: 'give-back' })
  }

  #endAll(note: Note): void {
    for (const { run } of this.#taken.values()) run?.end(note)
  }

  // --- rounds ---------------------------------------------------------------------------------------------------

  #wake(duties = false): void {
    this.#duties ||= duties
    if (this.#woken) return
    this.#woken = true
    setImmediate(() => {
      this.#woken = false
      void this.#round()
    })
  }

  async #round(): Promise<void> {
    if (this.#inRound) {
      this.#again = true
      return
    }
    this.#inRound = true
    this.#again = false
    try {
      if (this.#areDutiesDue()) await this.#doDuties()
      else if (this.#dropped && !this.#stopping) await this.#takeIn()
      this.#fill()
    } catch (error) {
      this.#trouble('look for work', error)
    } finally {
      this.#inRound = false
    }
    if (this.#isOver()) this.#over()
    else this.#later(this.#again ? 0 : this.#untilNext())
  }

  #areDutiesDue(): boolean {
    const now = monotonicMs()
    if (this.#duties || now >= this.#nextDuties || nowMs() >= this.#nextDue) return true
    return [...this.#taken.values()].some(({ run }) => run !== undefined && run.deadline <= now)
  }

  #later(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#round(), Math.max(0, ms))
  }

  /** Milliseconds until something is due. */
  #untilNext(): number {
    const now = monotonicMs()
    const wantsScan = this.#freeSlots() > 0 && !this.#stopping && (this.#stale || this.#candidates.hasMore)
    const deadlines = [...this.#taken.values()].map(({ run }) => (run?.deadline ?? Number.POSITIVE_INFINITY) - now)
    return Math.min(
      this.#nextDuties - now,
      Math.max(0, this.#nextDue - nowMs()),
      ...deadlines.filter((ms) => ms > 0),
      wantsScan ? Math.max(this.#nextScan, this.#pausedUntil) - now : Number.POSITIVE_INFINITY,
    )
  }

  #isOver(): boolean {
    if (this.#stopping === 'leave') return [...this.#taken.values()].every(({ run, settling }) => run && !settling)
    if (this.#taken.size > 0) return false
    if (this.#stopping) return true
    return this.#options.burst && this.#candidates.isEmpty && !hasWork(this.#home)
  }

  #freeSlots(): number {
    return this.#options.slots - this.#taken.size
  }

  #freeSlot(): number {
    const used = new Set([...this.#taken.values()].map(({ slot }) => slot))
    let slot = 1
    while (used.has(slot)) slot++
    return slot
  }

  // --- duties ---------------------------------------------------------------------------------------------------

  async #doDuties(): Promise<void> {
    this.#duties = false
    this.#nextDuties = monotonicMs() + this.#config.poll_interval * 1000
    await this.#keepPlace()
    this.#readConfig()
    for (const [fileName, { run }] of this.#taken) {
      if (run && !exists(join(this.#holder.dir, fileName)))
        run.end({ why: 'cancel', reason: 'its file was taken away by hand' })
      run?.check()
    }
    if (this.#stopping) return
    this.#keepBallast()
    await recover(
      this.#site(),
      this.#peers,
      (fileName, run, slot) => this.#adopt(fileName, run, slot),
      () => this.#freeSlot(),
    )
    const { promoted, next } = promote(this.#home, nowMs(), this.#config.max_backoff)
    for (const fileName of promoted) this.#candidates.add(fileName)
    this.#nextDue = next ?? Number.POSITIVE_INFINITY
    this.#stale = true
    if (this.#freeSlots() > 0) this.#scan()
    await this.#takeIn()
    if (monotonicMs() >= this.#nextSweep) {
      this.#nextSweep = monotonicMs() + SWEEP_EVERY
      sweep(this.#home, nowMs())
    }
  }

  /** Our directory gone means that our claims are no longer ours: end the runs and join again. */
  async #keepPlace(): Promise<void> {
    if (this.#holder.isThere()) {
      const inode = look(this.#home.pending)?.ino
      if (inode === this.#watched) return
      // pending/ was replaced: the old watch would be silent for ever.
      openHome(this.#home.root)
      await this.#listen()
      return
    }
    this.#say(`the directory of ${this.#holder.name} was taken away: ending its ${this.#taken.size} runs`)
    this.#endAll({ why: 'cancel', reason: 'the directory of its worker was taken away' })
    if (!exists(this.#home.root)) {
      const line = `the home ${this.#home.root} was removed: stopping`
      this.#options.say(line)
      this.#stopping = 'drain'
      return
    }
    openHome(this.#home.root)
    this.#holder = joinWorkers(this.#home, this.#options.slots, nowMs())
    this.#fifos = new FifoPool(this.#home, this.#holder.name)
    this.#log = new Log(this.#holder.card.log)
    await keepLease(this.#holder.dir)
    this.#say(`joined again as ${this.#holder.name}`)
    await this.#listen()
  }

  #readConfig(): void {
    const stats = look(this.#home.config)
    const seen = stats ? `${stats.ino} ${stats.mtimeMs} ${stats.size}` : 'none'
    if (seen === this.#configSeen) return
    this.#configSeen = seen
    try {
      this.#config = readConfig(this.#home)
    } catch (error) {
      this.#say(`keeping the old settings: ${(error as Error).message}`)
    }
  }

  async #takeIn(): Promise<void> {
    this.#dropped = false
    for (const fileName of this.#candidates.foreign) {
      const taken = await this.#intake.take(this.#home, this.#holder.dir, fileName, this.#config)
      if (taken.kind !== 'waiting') this.#candidates.forget(fileName)
      if (taken.kind === 'taken') {
        this.#site().tell({ event: 'enqueued', job: taken.job.id })
        if (taken.job.state === 'pending') this.#candidates.add(taken.fileName)
        else this.#nextDue = Math.min(this.#nextDue, Date.parse(taken.job.run_at ?? ''))
      }
      if (taken.kind === 'corrupt') this.#site().tell({ event: 'corrupt', job: fileName, error: taken.reason })
    }
  }

  // --- claiming -------------------------------------------------------------------------------------------------

  #scan(): void {
    const begun = monotonicMs()
    if (begun < this.#nextScan) return
    this.#candidates.scan(this.#home.pending)
    this.#stale = false
    const end = monotonicMs()
    this.#nextScan = end + REST * (end - begun)
  }

  #fill(): void {
    if (this.#stopping || monotonicMs() < this.#pausedUntil) return
    let missed = false
    while (this.#freeSlots() > 0) {
      if (this.#candidates.isEmpty && (this.#stale || this.#candidates.hasMore)) this.#scan()
      const next = this.#candidates.take()
      if (!next) break
      const mine = this.#taken.get(next.fileName)
      if (mine) {
        this.#meetDouble(next.fileName, mine)
        continue
      }
      const held = claim(this.#home, this.#holder.dir, next.fileName, next.name)
      if (held) {
        const taken: Taken = { slot: this.#freeSlot() }
        this.#taken.set(held.fileName, taken)
        void this.#work(held, taken)
      } else if (!missed) {
        // The first loss of a round may mean that our own directory is gone, and not that somebody was faster.
        missed = true
        if (!this.#holder.isThere()) return this.#wake(true)
      }
    }
  }

  /** A job in `pending/` under the name of one that we hold: a copy, or the job itself, moved there by hand. */
  #meetDouble(fileName: string, mine: Taken): void {
    if (!exists(join(this.#holder.dir, fileName)))
      mine.run?.end({ why: 'cancel', reason: 'its file was taken away by hand' })
    else
      setAside(
        this.#home,
        join(this.#home.pending, fileName),
        fileName,
        'a copy of a job that is running: it came back into pending/ after it was claimed',
      )
  }

  /** One claimed job through its run. */
  async #work(held: Held, taken: Taken): Promise<void> {
    try {
      const run = await startJob(this.#site(), held, taken.slot)
      const end = run && (await this.#see(run, taken))
      if (end === 'not_begun') throw new Error('its start mark could not be written')
      this.#pause = 500
    } catch (error) {
      this.#trouble(`start ${held.name.id}`, error)
      await this.#insist(`give back ${held.name.id}`, () => putBack(this.#home, held))
    } finally {
      this.#taken.delete(held.fileName)
      this.#wake()
    }
  }

  /** Watches a run to its end and settles it. Does not throw: what has run is settled, however long it takes. */
  async #see(run: ActiveRun, taken: Taken): Promise<'settled' | 'not_begun'> {
    taken.run = run
    if (this.#stopping) this.#wake()
    const end = await run.ended
    taken.settling = true
    if (end.kind === 'not_begun') {
      removeTraces(run.paths, false)
      return 'not_begun'
    }
    await settleRun(this.#site(), run, end)
    return 'settled'
  }

  #adopt(fileName: string, run: ActiveRun, slot: number): void {
    const taken: Taken = { slot }
    this.#taken.set(fileName, taken)
    void this.#see(run, taken).finally(() => {
      this.#taken.delete(fileName)
      this.#wake()
    })
  }

  // --- trouble --------------------------------------------------------------------------------------------------

  #site(): Site {
    return {
      home: this.#home,
      holder: this.#holder,
      fifos: this.#fifos,
      config: this.#config,
      tell: (...events) => this.#tell(events),
      say: (line) => this.#say(line),
      insist: (doing, act) => this.#insist(doing, act),
    }
  }

  /** Stops claiming for a while, longer each time, when the machine is out of something; a bug is told as one. */
  #trouble(doing: string, error: unknown): void {
    const why =
      error instanceof Error ? (isExhausted(error) ? error.message : (error.stack ?? error.message)) : String(error)
    this.#say(`cannot ${doing}: ${why}; claiming nothing for ${this.#pause} ms`)
    this.#pausedUntil = monotonicMs() + this.#pause
    this.#pause = Math.min(30_000, this.#pause * 2)
    this.#stale = true
  }

  async #insist<T>(doing: string, act: () => T | Promise<T>): Promise<T> {
    for (let pause = 100; ; pause = Math.min(5000, pause * 2)) {
      try {
        return await act()
      } catch (error) {
        // On a full disk even a rename fails: the ballast makes room for the moves of what is already running.
        if (errno(error) === 'ENOSPC') remove(this.#home.ballast)
        this.#trouble(doing, error)
        await sleep(pause)
      }
    }
  }

  /** A file to give up when the disk is full; made again once there is room. */
  #keepBallast(): void {
    if (exists(this.#home.ballast)) return
    const aside = join(this.#home.tmp, `${this.#holder.name}.ballast.new`)
    try {
      writeNew(aside, 'queuectl gives this file up when the disk is full\n'.padEnd(1_048_576, '.'), false)
      move(aside, this.#home.ballast)
    } catch {
      // No room for it: that is what it is for.
    }
  }

  #tell(events: readonly Omit<Event, 'at'>[]): void {
    tell(this.#home, events)
    for (const event of events) {
      this.#say(sentence(event))
      if (event.due !== undefined) this.#nextDue = Math.min(this.#nextDue, Date.parse(event.due))
    }
  }

  #say(line: string): void {
    this.#log.write(line)
    this.#options.say(line)
  }

  async #listen(): Promise<void> {
    await this.#stopListening()
    this.#watched = look(this.#home.pending)?.ino
    this.#stopListening = await listenFor(this.#home, this.#holder.dir, {
      arrived: (fileName) => {
        if (fileName === undefined) this.#stale = true
        else if (!this.#taken.has(fileName))
          this.#dropped = this.#candidates.add(fileName) === 'foreign' || this.#dropped
        this.#wake()
      },
      rang: () => this.#wake(true),
      touched: () => this.#wake(true),
      deaf: (error) =>
        this.#say(
          `cannot watch for changes (${error instanceof Error ? error.message : String(error)}): looking every ${this.#config.poll_interval} s`,
        ),
    })
  }
}
