/**
 * The worker's loop: claim while a slot is free, run, settle; and between, the duties that are anybody's.
 *
 * Everything happens in rounds. A round is started by a timer or by a wake-up, which are hints to look and carry
 * nothing; what is true is read from the disk in each round.
 */
import { monotonicMs, nowMs } from '../clock.ts'
import { runQuickChecks } from '../doctor/checks.ts'
import { explained } from '../errors.ts'
import { type Event, recordEvents } from '../journal/journal.ts'
import { describeEvent } from '../journal/describe.ts'
import { type Home, openHome } from '../spool/layout.ts'
import { claim, hasWork, isUnsettled, promote } from '../spool/transitions.ts'
import { ring } from '../spool/wakeup.ts'
import { WorkerIntake } from './intake.ts'
import { Wakeups } from './wakeups.ts'
import { HomeWatch } from './home-watch.ts'
import { Hooks } from '../hooks/hooks.ts'
import { WorkList } from './work-list.ts'
import type { WorkerOptions } from './options.ts'
import { Backpressure } from './backpressure.ts'
import { Peers, recover } from './recover.ts'
import { Loop } from './loop.ts'
import { ConfigWatcher } from '../config/watcher.ts'
import { Registration } from './registration.ts'
import type { StartContext } from '../run/context.ts'
import { workerContext } from './context.ts'
import { Slots } from './slots.ts'
import { Maintenance } from './maintenance.ts'

/** How often we look whether a home that is changing is still so. */
const CHANGING_EVERY_MS = 250

export class Worker {
  readonly #options: WorkerOptions
  readonly #home: Home
  readonly #slots: Slots
  readonly #backpressure: Backpressure
  readonly #workList: WorkList
  readonly #intake: WorkerIntake
  readonly #peers: Peers
  readonly #homeWatch: HomeWatch
  readonly #wakeups: Wakeups
  readonly #settings: ConfigWatcher
  readonly #maintenance: Maintenance
  readonly #hooks: Hooks
  readonly #ctx: StartContext
  readonly #loop = new Loop(() => this.#round())
  #registration: Registration
  #stopping: 'drain' | 'leave' | 'homeless' | undefined
  /** Something of the home is missing: nothing is done until it is clear what happens to it. */
  #isHomeChanging = false
  /** The next round must do the duties. */
  #duties = true
  #nextDuties = 0
  /** When the next job in `scheduled/` or `failed/` is due, by the wall clock. */
  #nextDue = Number.POSITIVE_INFINITY

  constructor(root: string, options: WorkerOptions) {
    this.#options = options
    this.#home = openHome(root)
    this.#settings = new ConfigWatcher(this.#home)
    this.#workList = new WorkList(this.#home.pending, options.only)
    this.#intake = new WorkerIntake(this.#home, this.#workList)
    this.#homeWatch = new HomeWatch(this.#home)
    this.#wakeups = new Wakeups(this.#home, {
      onPending: (fileName) => this.#onPending(fileName),
      onBell: () => this.#wake(true),
      onOwnBell: () => this.#wake(true),
      onWatchFailed: (error) => this.#log(`cannot watch for changes (${String(error)}): only the timer is left`),
    })
    this.#maintenance = new Maintenance(this.#home, { log: (line) => this.#log(line), done: () => this.#wake() })
    this.#hooks = new Hooks(this.#home, { settings: this.#settings, record: (event) => this.#record([event]) })
    this.#peers = new Peers(() => this.#wake(true))
    this.#backpressure = new Backpressure(this.#home, (line) => this.#log(line))
    this.#ctx = workerContext({
      home: this.#home,
      registration: () => this.#registration,
      settings: this.#settings,
      hooks: this.#hooks,
      record: (events) => this.#record(events),
      log: (line) => this.#log(line),
      retryUntilDone: (doing, act) => this.#backpressure.retryUntilDone(doing, act),
    })
    this.#slots = new Slots(options.slots, options.only !== undefined, {
      ctx: this.#ctx,
      onFailure: (doing, error) => this.#onFailure(doing, error),
      changed: () => this.#wake(),
    })
    try {
      this.#registration = new Registration(this.#home, options.slots, options.only)
    } catch (error) {
      throw explained(error, 'start a worker')
    }
  }

  /** Runs until told to stop or, with `burst`, until nothing is left to do. */
  async run(): Promise<void> {
    this.#backpressure.keepBallast()
    await this.#wakeups.open(this.#registration.dir)
    await this.#registration.keepLease()
    ring(this.#home)
    this.#log(
      `${this.#registration.name} started with ${this.#options.slots} slots (pid ${process.pid}, home ${this.#home.root})`,
    )
    this.#options.ready(this.#registration.holder)
    for (const { findings } of runQuickChecks(this.#home)) for (const { what } of findings) this.#log(`doctor: ${what}`)
    this.#wake(true)
    await this.#loop.over
    this.#slots.detach()
    this.#peers.close()
    await Promise.all([this.#hooks.finish(), this.#maintenance.stop()])
    await this.#wakeups.close()
    this.#log(`${this.#registration.name} stopped`)
    this.#registration.leave()
    ring(this.#home)
  }

  /** Claims nothing more and stops when what runs has ended. */
  drain(): void {
    if (this.#stopping) return
    this.#stopping = 'drain'
    this.#log(`${this.#registration.name} is stopping: ${this.#slots.busy} jobs still run`)
    this.#wake()
  }

  /** Stops now; what runs goes on and is adopted by the next worker. */
  leave(): void {
    this.#stopping = 'leave'
    this.#log(`${this.#registration.name} leaves ${this.#slots.busy} jobs running`)
    this.#wake()
  }

  /** Ends what runs, gives the jobs back uncounted, and stops. */
  force(): void {
    this.drain()
    this.#slots.endAll({ why: 'give-back' }, true)
  }

  /** What others claim while we run jobs, and what comes while every slot is taken, is no reason for a round. */
  #onPending(fileName: string | undefined): void {
    const isOurs = fileName !== undefined && this.#slots.has(fileName)
    const isNews = !isOurs && this.#workList.noteChange(fileName)
    const isWanted = this.#slots.free > 0 || this.#workList.hasDropped
    if (this.#slots.busy === 0 || (isNews && isWanted)) this.#wake()
  }

  #wake(duties = false): void {
    this.#duties ||= duties
    this.#loop.wake()
  }

  /** Milliseconds until the next round; undefined when the worker is over. */
  async #round(): Promise<number | undefined> {
    try {
      if (this.#areDutiesDue()) await this.#doDuties()
      else if (this.#workList.hasDropped && !this.#stopping && !this.#isHomeChanging) await this.#takeIn()
      this.#fill()
      if (this.#slots.busy === 0) this.#hooks.checkDrained()
    } catch (error) {
      this.#onFailure('look for work', error)
      // Whatever was left undone is tried again, and with `burst` before we go.
      this.#duties = true
    }
    return this.#isOver() ? undefined : this.#untilNext()
  }

  #areDutiesDue(): boolean {
    const now = monotonicMs()
    return this.#duties || now >= this.#nextDuties || nowMs() >= this.#nextDue || this.#slots.timeToDeadline(now) <= 0
  }

  /** Milliseconds until something is due. */
  #untilNext(): number {
    const now = monotonicMs()
    const wantsScan = this.#slots.free > 0 && !this.#stopping
    return Math.min(
      this.#nextDuties - now,
      Math.max(0, this.#nextDue - nowMs()),
      this.#slots.timeToDeadline(now),
      wantsScan ? Math.max(this.#workList.nextScan, this.#backpressure.pausedUntil) - now : Number.POSITIVE_INFINITY,
    )
  }

  #isOver(): boolean {
    if (this.#stopping === 'leave') return this.#slots.isAtRest
    if (this.#slots.busy > 0 || this.#stopping) return this.#slots.busy === 0
    const { burst, only } = this.#options
    if (only !== undefined) return !this.#isHomeChanging && !isUnsettled(this.#home, only)
    return (
      burst &&
      !this.#duties &&
      !this.#isHomeChanging &&
      !this.#maintenance.isBusy &&
      this.#workList.isEmpty &&
      !hasWork(this.#home)
    )
  }

  async #doDuties(): Promise<void> {
    this.#duties = false
    this.#nextDuties = monotonicMs() + this.#settings.now.poll_interval * 1000
    // Found anew below; a worker that is stopping, or in trouble, must not look for it without a pause.
    this.#nextDue = Number.POSITIVE_INFINITY
    this.#isHomeChanging = !(await this.#keepRegistration())
    if (!this.#isHomeChanging) this.#settings.refresh((line) => this.#log(line))
    this.#nextDuties =
      monotonicMs() + (this.#isHomeChanging ? CHANGING_EVERY_MS : this.#settings.now.poll_interval * 1000)
    if (this.#isHomeChanging) return
    this.#slots.check(this.#registration.dir)
    if (this.#stopping) return
    this.#backpressure.keepBallast()
    await recover(this.#ctx, this.#peers, this.#slots)
    const { promoted, next } = promote(this.#home, nowMs(), this.#settings.now.max_backoff)
    for (const fileName of promoted) this.#workList.noteChange(fileName)
    this.#nextDue = next ?? Number.POSITIVE_INFINITY
    this.#workList.markStale()
    if (this.#slots.free > 0) this.#workList.scan()
    await this.#takeIn()
    this.#maintenance.startIfDue(this.#settings.now)
  }

  /**
   * Sees that the home and our directory are there. Our directory gone means that our claims are no longer ours: end
   * the runs and join again. False: it is not clear yet what is happening to the home.
   */
  async #keepRegistration(): Promise<boolean> {
    const hasPlace = this.#registration.holder.isThere()
    const ground = this.#homeWatch.check(hasPlace)
    if (ground === 'changing') return false
    const isDeaf = this.#wakeups.areOutdated()
    if (ground === 'same' && !isDeaf) return true
    if (ground === 'gone') this.#stopWithoutHome()
    else if (!hasPlace) await this.#rejoin()
    else {
      if (ground === 'damaged') openHome(this.#home.root)
      if (isDeaf) await this.#wakeups.open(this.#registration.dir)
    }
    return true
  }

  #stopWithoutHome(): void {
    if (this.#stopping === 'homeless') return
    this.#stopping = 'homeless'
    this.#log(`the home ${this.#home.root} was removed: stopping`)
    this.#slots.endAll({ why: 'cancel', reason: 'the home was removed' }, true)
  }

  async #rejoin(): Promise<void> {
    openHome(this.#home.root)
    this.#log(`the directory of ${this.#registration.name} was taken away: ending its ${this.#slots.busy} runs`)
    this.#slots.endAll({ why: 'cancel', reason: 'the directory of its worker was taken away' }, false)
    this.#registration.leave()
    this.#registration = new Registration(this.#home, this.#options.slots, this.#options.only)
    await this.#registration.keepLease()
    this.#log(`joined again as ${this.#registration.name}`)
    await this.#wakeups.open(this.#registration.dir)
  }

  async #takeIn(): Promise<void> {
    const due = await this.#intake.takeDropped(this.#ctx)
    this.#nextDue = Math.min(this.#nextDue, due)
  }

  #fill(): void {
    if (this.#stopping || this.#isHomeChanging || this.#slots.free <= 0 || !this.#backpressure.mayClaim()) return
    let missed = false
    while (this.#slots.free > 0) {
      const next = this.#workList.next()
      if (!next) break
      const isOurs = this.#slots.has(next.fileName)
      const held = isOurs ? undefined : claim(this.#home, this.#registration.dir, next.fileName, next.name)
      if (isOurs) this.#slots.handleDuplicate(next.fileName)
      else if (held) this.#slots.begin(held)
      else if (!missed) {
        // The first loss of a round may mean that our own directory is gone, and not that somebody was faster.
        missed = true
        if (!this.#registration.holder.isThere()) return this.#wake(true)
      }
    }
  }

  #onFailure(doing: string, error: unknown): void {
    this.#backpressure.onFailure(doing, error)
    this.#registration.shells.close()
    this.#workList.markStale()
  }

  #record(events: readonly Omit<Event, 'at'>[]): void {
    recordEvents(this.#home, events)
    for (const event of events) {
      this.#log(describeEvent(event))
      if (event.event === 'started') this.#hooks.noteStart()
      if (event.due !== undefined) this.#nextDue = Math.min(this.#nextDue, Date.parse(event.due))
    }
  }

  #log(line: string): void {
    this.#registration.log.write(line)
    this.#options.log(line)
  }
}
