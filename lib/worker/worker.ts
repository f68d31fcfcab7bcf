/**
 * The worker's loop: claim while a slot is free, run, settle; and between, the duties that are anybody's.
 *
 * Everything happens in rounds. A round is started by a timer or by a wake-up, which are hints to look and carry
 * nothing; what is true is read from the disk in each round.
 */
import { monotonicMs, nowMs } from '../clock.ts'
import { examineCheaply } from '../doctor/checks.ts'
import { explained } from '../errors.ts'
import { type Event, tell } from '../journal/journal.ts'
import { sentence } from '../journal/describe.ts'
import { type Home, openHome } from '../spool/layout.ts'
import { claim, hasWork, isUnsettled, promote } from '../spool/transitions.ts'
import { ring } from '../spool/wakeup.ts'
import { Door } from './intake.ts'
import { Ears } from './wakeups.ts'
import { Footing } from './home-watch.ts'
import { Hooks } from '../hooks/hooks.ts'
import { Line } from './work-list.ts'
import type { WorkerOptions } from './options.ts'
import { Patience } from './backpressure.ts'
import { Peers, recover } from './recover.ts'
import { Rounds } from './loop.ts'
import { Settings } from '../config/watcher.ts'
import { Place } from './registration.ts'
import type { StartingSite } from '../run/context.ts'
import { Slots } from './slots.ts'
import { Tidy } from './maintenance.ts'

/** How often we look whether a home that is changing is still so. */
const SHAKEN_EVERY = 250

export class Worker {
  readonly #options: WorkerOptions
  readonly #home: Home
  readonly #slots: Slots
  readonly #patience: Patience
  readonly #line: Line
  readonly #door: Door
  readonly #peers: Peers
  readonly #footing: Footing
  readonly #ears: Ears
  readonly #settings: Settings
  readonly #tidy: Tidy
  readonly #hooks: Hooks
  readonly #rounds = new Rounds(() => this.#round())
  #place: Place
  #stopping: 'drain' | 'leave' | 'homeless' | undefined
  /** Something of the home is missing: nothing is done until it is clear what happens to it. */
  #shaken = false
  /** The next round must do the duties. */
  #duties = true
  #nextDuties = 0
  /** When the next job in `scheduled/` or `failed/` is due, by the wall clock. */
  #nextDue = Number.POSITIVE_INFINITY

  constructor(root: string, options: WorkerOptions) {
    this.#options = options
    this.#home = openHome(root)
    this.#settings = new Settings(this.#home)
    this.#line = new Line(this.#home.pending, options.only)
    this.#door = new Door(this.#home, this.#line)
    this.#footing = new Footing(this.#home)
    this.#ears = new Ears(this.#home, {
      arrived: (fileName) => this.#hear(fileName),
      rang: () => this.#wake(true),
      touched: () => this.#wake(true),
      deaf: (error) => this.#say(`cannot watch for changes (${String(error)}): only the timer is left`),
    })
    this.#tidy = new Tidy(this.#home, { say: (line) => this.#say(line), done: () => this.#wake() })
    this.#hooks = new Hooks(this.#home, { settings: this.#settings, tell: (event) => this.#tell([event]) })
    this.#peers = new Peers(() => this.#wake(true))
    this.#patience = new Patience(this.#home, (line) => this.#say(line))
    this.#slots = new Slots(options.slots, options.only !== undefined, {
      site: () => this.#site(),
      trouble: (doing, error) => this.#trouble(doing, error),
      changed: () => this.#wake(),
    })
    try {
      this.#place = new Place(this.#home, options.slots, options.only)
    } catch (error) {
      throw explained(error, 'start a worker')
    }
  }

  /** Runs until told to stop or, with `burst`, until nothing is left to do. */
  async run(): Promise<void> {
    this.#patience.keepBallast()
    await this.#ears.open(this.#place.dir)
    await this.#place.keepLease()
    ring(this.#home)
    this.#say(
      `${this.#place.name} started with ${this.#options.slots} slots (pid ${process.pid}, home ${this.#home.root})`,
    )
    this.#options.ready(this.#place.holder)
    for (const { findings } of examineCheaply(this.#home)) for (const { what } of findings) this.#say(`doctor: ${what}`)
    this.#wake(true)
    await this.#rounds.over
    this.#slots.letGo()
    this.#peers.forget()
    await Promise.all([this.#hooks.finish(), this.#tidy.stop()])
    await this.#ears.close()
    this.#say(`${this.#place.name} stopped`)
    this.#place.leave()
    ring(this.#home)
  }

  /** Claims nothing more and stops when what runs has ended. */
  drain(): void {
    if (this.#stopping) return
    this.#stopping = 'drain'
    this.#say(`${this.#place.name} is stopping: ${this.#slots.busy} jobs still run`)
    this.#wake()
  }

  /** Stops now; what runs goes on and is adopted by the next worker. */
  leave(): void {
    this.#stopping = 'leave'
    this.#say(`${this.#place.name} leaves ${this.#slots.busy} jobs running`)
    this.#wake()
  }

  /** Ends what runs, gives the jobs back uncounted, and stops. */
  force(): void {
    this.drain()
    this.#slots.endAll({ why: 'give-back' }, true)
  }

  /** What others claim while we run jobs, and what comes while every slot is taken, is no reason for a round. */
  #hear(fileName: string | undefined): void {
    const isOurs = fileName !== undefined && this.#slots.has(fileName)
    const isNews = !isOurs && this.#line.hear(fileName)
    const isWanted = this.#slots.free > 0 || this.#line.hasDropped
    if (this.#slots.busy === 0 || (isNews && isWanted)) this.#wake()
  }

  #wake(duties = false): void {
    this.#duties ||= duties
    this.#rounds.wake()
  }

  /** Milliseconds until the next round; undefined when the worker is over. */
  async #round(): Promise<number | undefined> {
    try {
      if (this.#areDutiesDue()) await this.#doDuties()
      else if (this.#line.hasDropped && !this.#stopping && !this.#shaken) await this.#takeIn()
      this.#fill()
      if (this.#slots.busy === 0) this.#hooks.lookDrained()
    } catch (error) {
      this.#trouble('look for work', error)
      // Whatever was left undone is tried again, and with `burst` before we go.
      this.#duties = true
    }
    return this.#isOver() ? undefined : this.#untilNext()
  }

  #areDutiesDue(): boolean {
    const now = monotonicMs()
    return this.#duties || now >= this.#nextDuties || nowMs() >= this.#nextDue || this.#slots.patience(now) <= 0
  }

  /** Milliseconds until something is due. */
  #untilNext(): number {
    const now = monotonicMs()
    const wantsScan = this.#slots.free > 0 && !this.#stopping
    return Math.min(
      this.#nextDuties - now,
      Math.max(0, this.#nextDue - nowMs()),
      this.#slots.patience(now),
      wantsScan ? Math.max(this.#line.nextScan, this.#patience.pausedUntil) - now : Number.POSITIVE_INFINITY,
    )
  }

  #isOver(): boolean {
    if (this.#stopping === 'leave') return this.#slots.isAtRest
    if (this.#slots.busy > 0 || this.#stopping) return this.#slots.busy === 0
    const { burst, only } = this.#options
    if (only !== undefined) return !this.#shaken && !isUnsettled(this.#home, only)
    return burst && !this.#duties && !this.#shaken && !this.#tidy.isBusy && this.#line.isEmpty && !hasWork(this.#home)
  }

  async #doDuties(): Promise<void> {
    this.#duties = false
    this.#nextDuties = monotonicMs() + this.#settings.now.poll_interval * 1000
    // Found anew below; a worker that is stopping, or in trouble, must not look for it without a pause.
    this.#nextDue = Number.POSITIVE_INFINITY
    this.#shaken = !(await this.#keepPlace())
    if (!this.#shaken) this.#settings.refresh((line) => this.#say(line))
    this.#nextDuties = monotonicMs() + (this.#shaken ? SHAKEN_EVERY : this.#settings.now.poll_interval * 1000)
    if (this.#shaken) return
    this.#slots.check(this.#place.dir)
    if (this.#stopping) return
    this.#patience.keepBallast()
    await recover(this.#site(), this.#peers, this.#slots)
    const { promoted, next } = promote(this.#home, nowMs(), this.#settings.now.max_backoff)
    for (const fileName of promoted) this.#line.hear(fileName)
    this.#nextDue = next ?? Number.POSITIVE_INFINITY
    this.#line.doubt()
    if (this.#slots.free > 0) this.#line.scan()
    await this.#takeIn()
    this.#tidy.look(this.#settings.now)
  }

  /**
   * Sees that the home and our directory are there. Our directory gone means that our claims are no longer ours: end
   * the runs and join again. False: it is not clear yet what is happening to the home.
   */
  async #keepPlace(): Promise<boolean> {
    const hasPlace = this.#place.holder.isThere()
    const ground = this.#footing.look(hasPlace)
    if (ground === 'changing') return false
    const isDeaf = this.#ears.areOutdated()
    if (ground === 'same' && !isDeaf) return true
    if (ground === 'gone') this.#stopWithoutHome()
    else if (!hasPlace) await this.#joinAgain()
    else {
      if (ground === 'damaged') openHome(this.#home.root)
      if (isDeaf) await this.#ears.open(this.#place.dir)
    }
    return true
  }

  #stopWithoutHome(): void {
    if (this.#stopping === 'homeless') return
    this.#stopping = 'homeless'
    this.#say(`the home ${this.#home.root} was removed: stopping`)
    this.#slots.endAll({ why: 'cancel', reason: 'the home was removed' }, true)
  }

  async #joinAgain(): Promise<void> {
    openHome(this.#home.root)
    this.#say(`the directory of ${this.#place.name} was taken away: ending its ${this.#slots.busy} runs`)
    this.#slots.endAll({ why: 'cancel', reason: 'the directory of its worker was taken away' }, false)
    this.#place.leave()
    this.#place = new Place(this.#home, this.#options.slots, this.#options.only)
    await this.#place.keepLease()
    this.#say(`joined again as ${this.#place.name}`)
    await this.#ears.open(this.#place.dir)
  }

  async #takeIn(): Promise<void> {
    const due = await this.#door.takeIn(this.#site())
    this.#nextDue = Math.min(this.#nextDue, due)
  }

  #fill(): void {
    if (this.#stopping || this.#shaken || this.#slots.free <= 0 || !this.#patience.mayClaim()) return
    let missed = false
    while (this.#slots.free > 0) {
      const next = this.#line.next()
      if (!next) break
      const isOurs = this.#slots.has(next.fileName)
      const held = isOurs ? undefined : claim(this.#home, this.#place.dir, next.fileName, next.name)
      if (isOurs) this.#slots.meetDouble(next.fileName)
      else if (held) this.#slots.begin(held)
      else if (!missed) {
        // The first loss of a round may mean that our own directory is gone, and not that somebody was faster.
        missed = true
        if (!this.#place.holder.isThere()) return this.#wake(true)
      }
    }
  }

  #site(): StartingSite {
    return {
      home: this.#home,
      holder: this.#place.holder,
      fifos: this.#place.fifos,
      shells: this.#place.shells,
      config: this.#settings.now,
      tell: (...events) => this.#tell(events),
      callHook: (hook, job) => this.#hooks.settled(hook, job),
      say: (line) => this.#say(line),
      insist: (doing, act) => this.#patience.insist(doing, act),
    }
  }

  #trouble(doing: string, error: unknown): void {
    this.#patience.trouble(doing, error)
    this.#place.shells.close()
    this.#line.doubt()
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
    this.#place.log.write(line)
    this.#options.say(line)
  }
}
