/**
 * The worker's loop: claim while a slot is free, run, settle; and between, the duties that are anybody's.
 *
 * Everything happens in rounds. A round is started by a timer or by a wake-up, which are hints to look and carry
 * nothing; what is true is read from the disk in each round.
 */
import { monotonicMs, nowMs } from '../clock.ts'
import type { Config } from '../config.ts'
import { type Event, tell } from '../journal/journal.ts'
import { sentence } from '../journal/words.ts'
import { Candidates } from '../spool/candidates.ts'
import { exists, look } from '../spool/files.ts'
import { joinWorkers, type OwnHolder } from '../spool/holders.ts'
import { type Home, openHome } from '../spool/home.ts'
import { Intake } from '../spool/intake.ts'
import { keepLease } from '../spool/lease.ts'
import { claim, hasWork, promote } from '../spool/moves.ts'
import { discardFifos, FifoPool } from '../spool/runs.ts'
import { listenFor, ring } from '../spool/wake.ts'
import { Hooks } from './hooks.ts'
import { Log } from './log.ts'
import { Patience } from './patience.ts'
import { Peers, recover } from './recover.ts'
import { Rounds } from './rounds.ts'
import { Settings } from './settings.ts'
import type { Site } from './site.ts'
import { Slots } from './slots.ts'
import { Tidy } from './tidy.ts'

export interface WorkerOptions {
  readonly slots: number
  /** Stop when nothing is left to do. */
  readonly burst: boolean
  /** A line for people, besides the log. */
  readonly say: (line: string) => void
  /** The directory stands, and others see the worker. */
  readonly ready: (holder: OwnHolder) => void
}

/** After a scan, the next one waits this many times as long as it took, so that scans take a tenth of the time. */
const REST = 9

export class Worker {
  readonly #options: WorkerOptions
  readonly #home: Home
  readonly #slots: Slots
  readonly #patience: Patience
  readonly #candidates = new Candidates()
  readonly #intake = new Intake()
  readonly #peers: Peers
  readonly #settings: Settings
  readonly #tidy: Tidy
  readonly #hooks: Hooks
  readonly #rounds = new Rounds(() => this.#round())
  #holder: OwnHolder
  #fifos: FifoPool
  #log: Log
  #stopping: 'drain' | 'leave' | undefined
  #stopListening: () => Promise<void> = async () => {}
  /** The directories that are being watched, as {@link #watchable} names them; undefined while we are deaf. */
  #watched: string | undefined

  /** A file with a name of its own was dropped. */
  #dropped = false
  /** The next round must do the duties. */
  #duties = true
  /** `pending/` may hold what the candidates do not know. */
  #stale = true
  #nextDuties = 0
  #nextScan = 0
  /** When the next job in `scheduled/` or `failed/` is due, by the wall clock. */
  #nextDue = Number.POSITIVE_INFINITY

  /** Joins the workers of a home. */
  constructor(root: string, options: WorkerOptions) {
    this.#options = options
    this.#home = openHome(root)
    this.#settings = new Settings(this.#home)
    this.#tidy = new Tidy(this.#home, (line) => this.#say(line))
    const config = (): Config => this.#settings.now
    this.#hooks = new Hooks({ home: this.#home, config, tell: (event) => this.#tell([event]) })
    this.#peers = new Peers(() => this.#wake(true))
    this.#patience = new Patience(this.#home, (line) => this.#say(line))
    this.#slots = new Slots(options.slots, {
      site: () => this.#site(),
      trouble: (doing, error) => this.#trouble(doing, error),
      changed: () => this.#wake(),
    })
    this.#holder = joinWorkers(this.#home, options.slots, nowMs())
    this.#fifos = new FifoPool(this.#home, this.#holder.name)
    this.#log = new Log(this.#holder.card.log)
  }

  /** Runs until told to stop or, with `burst`, until nothing is left to do. */
  async run(): Promise<void> {
    const { slots } = this.#options
    this.#patience.keepBallast()
    await this.#listen()
    await keepLease(this.#holder.dir)
    ring(this.#home)
    this.#say(`${this.#holder.name} started with ${slots} slots (pid ${process.pid}, home ${this.#home.root})`)
    this.#options.ready(this.#holder)
    this.#wake(true)
    await this.#rounds.over
    this.#slots.letGo()
    this.#peers.forget()
    this.#hooks.lookDrained()
    await Promise.all([this.#hooks.finish(), this.#tidy.stop()])
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
    this.#say(`${this.#holder.name} is stopping: ${this.#slots.busy} jobs still run`)
    this.#wake()
  }

  /** Stops now; what runs goes on and is adopted by the next worker. */
  leave(): void {
    this.#stopping = 'leave'
    this.#say(`${this.#holder.name} leaves ${this.#slots.busy} jobs running`)
    this.#wake()
  }

  /** Ends what runs, gives the jobs back uncounted, and stops. */
  force(): void {
    this.drain()
    this.#slots.endAll({ why: 'give-back' }, true)
  }

  // --- rounds ---------------------------------------------------------------------------------------------------

  #wake(duties = false): void {
    this.#duties ||= duties
    this.#rounds.wake()
  }

  /** Milliseconds until the next round; undefined when the worker is over. */
  async #round(): Promise<number | undefined> {
    try {
      if (this.#areDutiesDue()) await this.#doDuties()
      else if (this.#dropped && !this.#stopping) await this.#takeIn()
      this.#fill()
      if (this.#slots.busy === 0) this.#hooks.lookDrained()
    } catch (error) {
      this.#trouble('look for work', error)
    }
    return this.#isOver() ? undefined : this.#untilNext()
  }

  #areDutiesDue(): boolean {
    const now = monotonicMs()
    if (this.#duties || now >= this.#nextDuties || nowMs() >= this.#nextDue) return true
    return this.#slots.patience(now) <= 0
  }

  /** Milliseconds until something is due. */
  #untilNext(): number {
    const now = monotonicMs()
    const wantsScan = this.#slots.free > 0 && !this.#stopping && (this.#stale || this.#candidates.hasMore)
    return Math.min(
      this.#nextDuties - now,
      Math.max(0, this.#nextDue - nowMs()),
      this.#slots.patience(now),
      wantsScan ? Math.max(this.#nextScan, this.#patience.pausedUntil) - now : Number.POSITIVE_INFINITY,
    )
  }

  #isOver(): boolean {
    if (this.#stopping === 'leave') return this.#slots.isAtRest
    if (this.#slots.busy > 0) return false
    if (this.#stopping) return true
    return this.#options.burst && this.#candidates.isEmpty && !hasWork(this.#home)
  }

  // --- duties ---------------------------------------------------------------------------------------------------

  async #doDuties(): Promise<void> {
    this.#duties = false
    this.#nextDuties = monotonicMs() + this.#settings.now.poll_interval * 1000
    // Found anew below; a worker that is stopping, or in trouble, must not look for it without a pause.
    this.#nextDue = Number.POSITIVE_INFINITY
    await this.#keepPlace()
    this.#settings.refresh((line) => this.#say(line))
    this.#slots.check(this.#holder.dir)
    if (this.#stopping) return
    this.#patience.keepBallast()
    await recover(this.#site(), this.#peers, this.#slots)
    const { promoted, next } = promote(this.#home, nowMs(), this.#settings.now.max_backoff)
    for (const fileName of promoted) this.#candidates.add(fileName)
    this.#nextDue = next ?? Number.POSITIVE_INFINITY
    this.#stale = true
    if (this.#slots.free > 0) this.#scan()
    await this.#takeIn()
    this.#tidy.look(this.#settings.now)
  }

  /** Our directory gone means that our claims are no longer ours: end the runs and join again. */
  async #keepPlace(): Promise<void> {
    if (this.#holder.isThere()) {
      if (this.#watched !== undefined && this.#watched === this.#watchable()) return
      // pending/ or wake/ was removed or replaced: the old watch would be silent for ever.
      openHome(this.#home.root)
      await this.#listen()
      return
    }
    this.#say(`the directory of ${this.#holder.name} was taken away: ending its ${this.#slots.busy} runs`)
    this.#slots.endAll({ why: 'cancel', reason: 'the directory of its worker was taken away' }, false)
    if (!exists(this.#home.root)) {
      const line = `the home ${this.#home.root} was removed: stopping`
      this.#options.say(line)
      this.#stopping = 'drain'
      return
    }
    openHome(this.#home.root)
    // Should the directory lie elsewhere in processing/, it is a dead worker's from now on.
    this.#holder.leave()
    discardFifos(this.#home, this.#holder.name)
    this.#holder = joinWorkers(this.#home, this.#options.slots, nowMs())
    this.#fifos = new FifoPool(this.#home, this.#holder.name)
    this.#log = new Log(this.#holder.card.log)
    await keepLease(this.#holder.dir)
    this.#say(`joined again as ${this.#holder.name}`)
    await this.#listen()
  }

  async #takeIn(): Promise<void> {
    this.#dropped = false
    for (const fileName of this.#candidates.foreign) {
      const taken = await this.#intake.take(this.#home, this.#holder.dir, fileName, this.#settings.now)
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
    if (this.#stopping || monotonicMs() < this.#patience.pausedUntil) return
    let missed = false
    while (this.#slots.free > 0) {
      if (this.#candidates.isEmpty && (this.#stale || this.#candidates.hasMore)) this.#scan()
      const next = this.#candidates.take()
      if (!next) break
      if (this.#slots.has(next.fileName)) {
        this.#slots.meetDouble(next.fileName)
        continue
      }
      const held = claim(this.#home, this.#holder.dir, next.fileName, next.name)
      if (held) this.#slots.begin(held)
      else if (!missed) {
        // The first loss of a round may mean that our own directory is gone, and not that somebody was faster.
        missed = true
        if (!this.#holder.isThere()) return this.#wake(true)
      }
    }
  }

  // --- telling --------------------------------------------------------------------------------------------------

  #site(): Site {
    return {
      home: this.#home,
      holder: this.#holder,
      fifos: this.#fifos,
      config: this.#settings.now,
      tell: (...events) => this.#tell(events),
      callHook: (hook, job) => this.#hooks.settled(hook, job),
      say: (line) => this.#say(line),
      insist: (doing, act) => this.#patience.insist(doing, act),
    }
  }

  #trouble(doing: string, error: unknown): void {
    this.#patience.trouble(doing, error)
    this.#stale = true
  }

  #tell(events: readonly Omit<Event, 'at'>[]): void {
    tell(this.#home, events)
    for (const event of events) {
      this.#say(sentence(event))
      if (event.event === 'started') this.#hooks.begun()
      if (event.due !== undefined) this.#nextDue = Math.min(this.#nextDue, Date.parse(event.due))
    }
  }

  #say(line: string): void {
    this.#log.write(line)
    this.#options.say(line)
  }

  /** Names the watched directories as they are now; undefined when one is missing. */
  #watchable(): string | undefined {
    const [pending, wake] = [look(this.#home.pending), look(this.#home.wake)]
    return pending && wake && `${pending.ino} ${wake.ino}`
  }

  async #listen(): Promise<void> {
    await this.#stopListening()
    this.#stopListening = async () => {}
    this.#watched = this.#watchable()
    const deaf = (error: unknown): void => {
      const why = error instanceof Error ? error.message : String(error)
      this.#say(`cannot watch for changes (${why}): looking every ${this.#settings.now.poll_interval} s`)
    }
    try {
      this.#stopListening = await listenFor(this.#home, this.#holder.dir, {
        arrived: (fileName) => {
          if (fileName === undefined) this.#stale = true
          else if (!this.#slots.has(fileName))
            this.#dropped = this.#candidates.add(fileName) === 'foreign' || this.#dropped
          this.#wake()
        },
        rang: () => this.#wake(true),
        touched: () => this.#wake(true),
        deaf,
      })
    } catch (error) {
      // A directory is missing; the duties put it back and listen again.
      this.#watched = undefined
      deaf(error)
    }
  }
}
