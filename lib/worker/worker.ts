/**
 * The worker's loop: claims jobs while a slot is free, runs and settles them, and does the duties that any worker can do:
 * recovery, promotion, intake, maintenance.
 *
 * Everything happens in rounds, each started by a timer or a wake-up. A wake-up carries no data: each round reads the
 * state from the disk.
 */
import { basename } from 'node:path'
import { chance, monotonicMs, nowMs } from '../clock.ts'
import { type JobLine, parseName } from '../job/file-name.ts'
import { type Takes, takesQueue } from '../job/takes.ts'
import type { Verdict } from '../job/decide.ts'
import type { Limit, Rate } from '../job/queue-settings.ts'
import { isoTime } from '../job/time.ts'
import { runQuickChecks } from '../doctor/checks.ts'
import { explained } from '../errors.ts'
import { type Event, type EventKind, recordEvents } from '../journal/journal.ts'
import { describeEvent } from '../journal/describe.ts'
import { writeHeldBack } from '../spool/held-back.ts'
import type { OwnHolder, WorkerLimits } from '../spool/holders.ts'
import { type Home, openHome } from '../spool/layout.ts'
import { claim, hasWork, type Held, isUnsettled, promote, putBack } from '../spool/transitions.ts'
import { countFailure, forgetFailures } from '../spool/halts.ts'
import { writePause } from '../spool/queue-files.ts'
import { takeStop } from '../spool/stop-message.ts'
import { ring } from '../spool/wakeup.ts'
import { WorkerIntake } from './intake.ts'
import { Hooks } from '../hooks/hooks.ts'
import { reachBeside, WorkList } from './work-list.ts'
import { Backpressure } from './backpressure.ts'
import { noticeCopiedHome } from './copied-home.ts'
import { Peers, recover } from './recover.ts'
import { Limits } from './limits.ts'
import { Doors } from './doors.ts'
import { Schedules } from './schedules.ts'
import { Loop } from './loop.ts'
import { ConfigWatcher } from '../config/watcher.ts'
import { Membership } from './membership.ts'
import type { Registration } from './registration.ts'
import type { StartContext } from '../run/context.ts'
import { workerContext } from './context.ts'
import { Slots } from './slots.ts'
import { SoonRecorded } from './soon.ts'
import { Troubles } from './containment.ts'
import { Maintenance } from './maintenance.ts'
import { Numbers } from './numbers.ts'
import { Rates } from './rates.ts'
import { QueueWatcher } from './queue-watcher.ts'

/** Pause before the next round when one could not be finished (ms). */
const AFTER_FAILURE_MS = 500
/** When runs that could not be signed for are looked at again (ms). */
const SIGN_AGAIN_MS = 20
/** How often a home that is changing is checked again (ms). */
const CHANGING_EVERY_MS = 250

/** The events that end a job. */
const ENDS: Partial<Record<EventKind, 'completed' | 'dead'>> = {
  completed: 'completed',
  dlq: 'dead',
  cancelled: 'dead',
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

export interface WorkerOptions {
  readonly slots: number
  /** Stop when no work is left. */
  readonly burst: boolean
  /** Which jobs to run; with `only`, stop when it is settled. */
  readonly takes: Takes
  readonly limits?: WorkerLimits
  /** Gets each line of the log, sometimes several at once. */
  readonly log: (line: string) => void
  /** Called once the worker is registered and visible to others. */
  readonly ready: (holder: OwnHolder) => void
}

interface QueueRules {
  readonly limits: readonly Limit[]
  readonly rates: readonly Rate[]
}

export class Worker {
  readonly #options: WorkerOptions
  readonly #home: Home
  readonly #slots: Slots
  readonly #backpressure: Backpressure
  readonly #limits: Limits
  readonly #workList: WorkList
  readonly #troubles: Troubles
  readonly #intake: WorkerIntake
  readonly #doors: Doors
  readonly #schedules: Schedules
  readonly #peers: Peers
  readonly #settings: ConfigWatcher
  readonly #queues: QueueWatcher
  readonly #numbers: Numbers
  readonly #rates: Rates
  readonly #maintenance: Maintenance
  readonly #hooks: Hooks
  readonly #ctx: StartContext
  readonly #membership: Membership
  readonly #soon: SoonRecorded
  readonly #loop = new Loop(() => this.#round())
  #stopping: 'drain' | 'leave' | 'homeless' | undefined
  /** A directory of the home is missing: write nothing until it is clear whether the home is being removed. */
  #isHomeChanging = false
  #isPlaceKnown = false
  /** The directory and the reason last written of why nothing is claimed. */
  #heldBack = ''
  /** The next round does the duties. */
  #wantsDuties = true
  /** When the duties are due at the latest, on the monotonic clock. */
  #nextDuties = 0
  /** When the next job in `scheduled/` or `failed/` is due, on the wall clock. */
  #nextDue = Number.POSITIVE_INFINITY

  constructor(root: string, options: WorkerOptions) {
    this.#options = options
    this.#home = openHome(root)
    this.#settings = new ConfigWatcher(this.#home)
    this.#queues = new QueueWatcher(this.#home, (line) => this.#log(line))
    this.#troubles = new Troubles({
      home: this.#home,
      dir: () => this.#registration.dir,
      isBusy: (entry) => this.#slots.has(basename(entry)),
      log: (line) => this.#log(line),
      onMachine: (doing, error) => this.#onFailure(doing, error),
    })
    this.#numbers = new Numbers({
      home: this.#home,
      worker: () => this.#registration.name,
      fifos: () => this.#registration.fifos,
      limitsOf: (line) => this.#queues.limitsOf(line),
      troubles: this.#troubles,
    })
    this.#rates = new Rates(this.#home, this.#troubles, (queue) => this.#queues.ratesOf(queue))
    this.#soon = new SoonRecorded(this.#home, (lines, timed) => {
      this.#registration.log.append(timed)
      options.log(lines)
    })
    this.#workList = new WorkList(this.#home.pending, this.#troubles.passedOver, {
      only: options.takes.only,
      mustWait: (line) =>
        this.#mustQueueWait(line.queue) || this.#numbers.mustWait(line) || this.#rates.mustWait(line.queue),
      reach: () => ({ names: reachBeside(this.#peers.count), chance }),
    })
    this.#intake = new WorkerIntake(this.#home, this.#workList, this.#troubles)
    this.#maintenance = new Maintenance(this.#home, { log: (line) => this.#log(line), done: () => this.#wake() })
    this.#hooks = new Hooks(this.#home, { settings: this.#settings, record: (event) => this.#record([event]) })
    this.#doors = new Doors(this.#home, {
      contain: (entry, doing, act) => this.#troubles.containAsync(entry, doing, act),
      released: (fileName) => this.#workList.noteChange(fileName),
    })
    this.#schedules = new Schedules(this.#home, {
      contain: (entry, doing, act) => this.#troubles.containAsync(entry, doing, act),
      published: (fileName) => this.#workList.noteChange(fileName),
    })
    this.#peers = new Peers(() => this.#wake(true))
    this.#backpressure = new Backpressure(this.#home, (line) => this.#log(line))
    this.#limits = new Limits(options.limits ?? {}, {
      log: (line) => this.#log(line),
      note: (why) => this.#noteHeldBack(why),
    })
    this.#ctx = workerContext({
      home: this.#home,
      registration: () => this.#membership.registration,
      settings: this.#settings,
      queues: this.#queues,
      numbers: this.#numbers,
      noteOutcome: (queue, verdict) => this.#noteOutcome(queue, verdict),
      hooks: this.#hooks,
      record: (events) => this.#record(events),
      recordSoon: (event) => this.#recordSoon(event),
      log: (line) => this.#log(line),
      retryUntilDone: (doing, act, entry) =>
        this.#backpressure.retryUntilDone(doing, act, (error) => this.#troubles.onFailure(entry, doing, error)),
    })
    this.#slots = new Slots(options.slots, options.takes.only !== undefined, {
      ctx: this.#ctx,
      onFailure: (entry, doing, error) => this.#troubles.onFailure(entry, doing, error),
      mustWait: (fileName, why) => this.#mustWait(fileName, why),
      changed: () => this.#wake(),
    })
    try {
      this.#membership = new Membership(this.#home, {
        options,
        listener: {
          onPending: (fileName) => this.#onPending(fileName),
          onBell: () => this.#wake(true),
          onOwnBell: () => this.#wake(true),
          onWatchFailed: (error) => this.#log(`cannot watch for changes (${String(error)}): relying on the timer`),
        },
        onRevoked: () => this.#endRevokedRuns(),
        onChanged: () => this.#abandonRuns(),
        onRegistered: (name) => this.#log(`registered again as ${name}`),
      })
    } catch (error) {
      throw explained(error, 'start a worker')
    }
  }

  get #registration(): Registration {
    return this.#membership.registration
  }

  /** Runs until it is stopped or, with `burst`, until no work is left. What ends it otherwise is in its log first. */
  async run(): Promise<void> {
    const onUncaught = (error: unknown): void => {
      this.#soon.write()
      this.#registration.log.write(`ends: ${stackOf(error)}`)
    }
    process.on('uncaughtExceptionMonitor', onUncaught)
    try {
      await this.#run()
    } catch (error) {
      onUncaught(error)
      throw error
    } finally {
      process.off('uncaughtExceptionMonitor', onUncaught)
    }
  }

  async #run(): Promise<void> {
    this.#backpressure.keepBallast()
    await this.#membership.open()
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
    await this.#membership.close()
    this.#log(`${this.#registration.name} stopped`)
    this.#registration.leave()
    ring(this.#home)
  }

  /** Stops claiming, and stops once the running jobs have ended. */
  drain(): void {
    if (this.#stopping) return
    this.#stopping = 'drain'
    this.#log(`${this.#registration.name} is stopping: ${this.#slots.busy} jobs still run`)
    this.#wake()
  }

  /** Stops now; the running jobs go on, and another worker adopts them. */
  leave(): void {
    this.#stopping = 'leave'
    this.#log(`${this.#registration.name} leaves ${this.#slots.busy} jobs running`)
    this.#wake()
  }

  /** Ends the running jobs, gives them back without using an attempt, and stops. */
  force(): void {
    this.drain()
    this.#slots.endAll({ why: 'give-back' }, true)
  }

  /** While jobs run, files that other workers claim, and new files while every slot is busy, start no round. */
  #onPending(fileName: string | undefined): void {
    const isOurs = fileName !== undefined && this.#slots.has(fileName)
    const isNew = !isOurs && this.#workList.noteChange(fileName)
    const isWanted = this.#slots.free > 0 || this.#workList.hasDropped
    if (this.#slots.busy === 0 || (isNew && isWanted)) this.#wake()
  }

  #wake(withDuties = false): void {
    this.#wantsDuties ||= withDuties
    this.#loop.wake()
  }

  /** @returns milliseconds until the next round; undefined when this was the last */
  async #round(): Promise<number | undefined> {
    try {
      if (this.#areDutiesDue()) await this.#doDuties()
      else if (this.#workList.hasDropped && !this.#stopping && !this.#isHomeChanging) await this.#takeDropped()
      this.#claimJobs()
      if (this.#limits.isDone(this.#slots.runs)) this.drain()
      if (this.#slots.busy === 0) this.#hooks.checkDrained()
      this.#troubles.report()
      return this.#isOver() ? undefined : this.#untilNext()
    } catch (error) {
      this.#onFailure('look for work', error)
      // The next round does the rest. A `--burst` worker does this before it exits.
      this.#wantsDuties = true
      return this.#stopping && this.#slots.busy === 0 ? undefined : AFTER_FAILURE_MS
    }
  }

  #areDutiesDue(): boolean {
    const now = monotonicMs()
    return (
      this.#wantsDuties || now >= this.#nextDuties || nowMs() >= this.#nextDue || this.#slots.timeToDeadline(now) <= 0
    )
  }

  /** Milliseconds until the next thing is due. */
  #untilNext(): number {
    const now = monotonicMs()
    const wantsScan = this.#slots.free > 0 && !this.#stopping
    return Math.min(
      this.#nextDuties - now,
      Math.max(0, this.#nextDue - nowMs()),
      this.#slots.timeToDeadline(now),
      wantsScan ? Math.max(this.#workList.nextScan, this.#backpressure.pausedUntil) - now : Number.POSITIVE_INFINITY,
      wantsScan ? this.#troubles.passedOver.next - now : Number.POSITIVE_INFINITY,
      wantsScan ? this.#limits.next - now : Number.POSITIVE_INFINITY,
      wantsScan ? this.#rates.next - now : Number.POSITIVE_INFINITY,
    )
  }

  #isOver(): boolean {
    if (this.#stopping === 'leave') return this.#slots.isAtRest
    if (this.#slots.busy > 0 || this.#stopping) {
      this.#limits.isIdleTooLong(false)
      return this.#slots.busy === 0
    }
    const { burst, takes } = this.#options
    const { only } = takes
    if (only !== undefined) return !this.#isHomeChanging && !isUnsettled(this.#home, only)
    const isIdle = !this.#wantsDuties && !this.#isHomeChanging && !this.#maintenance.isBusy && this.#workList.isEmpty
    if (this.#limits.isIdleTooLong(isIdle)) return true
    return burst && isIdle && !hasWork(this.#home, (entry) => this.#mayRun(entry))
  }

  /** Jobs of this queue are not ours to claim, as things are. */
  #mustQueueWait(queue: string): boolean {
    return this.#queues.mustWait(queue) || !takesQueue(this.#options.takes, queue)
  }

  /** Can we ever run what this entry, given by its path in the home, stands for, as things are? */
  #mayRun(entry: string): boolean {
    const name = parseName(basename(entry))
    if (name && (this.#mustQueueWait(name.queue) || this.#isLineGivenUp(name))) return false
    return !this.#troubles.isGivenUp(entry) && !this.#intake.isStalled(entry)
  }

  /** Cannot a limit or rate of this line be used, so often that a `--burst` worker need not wait for it? */
  #isLineGivenUp(line: JobLine): boolean {
    const { limits, rates } = this.#rulesOf(line) ?? { limits: [], rates: [] }
    const entries = [...limits.map(({ name }) => `limits/${name}`), ...rates.map(({ name }) => `rates/${name}`)]
    return entries.some((entry) => this.#troubles.isGivenUp(entry))
  }

  async #doDuties(): Promise<void> {
    this.#wantsDuties = false
    this.#troubles.beginRound()
    this.#nextDuties = monotonicMs() + this.#settings.now.poll_interval * 1000
    // Set again below. A due time in the past would make a worker that is stopping, or failing, run rounds without pause.
    this.#nextDue = Number.POSITIVE_INFINITY
    const membership = await this.#membership.check()
    if (membership === 'homeless') this.#stopWithoutHome()
    this.#isHomeChanging = membership === 'changing'
    if (!this.#isHomeChanging) {
      this.#settings.refresh((line) => this.#log(line))
      this.#queues.refresh()
    }
    this.#nextDuties =
      monotonicMs() + (this.#isHomeChanging ? CHANGING_EVERY_MS : this.#settings.now.poll_interval * 1000)
    if (this.#isHomeChanging) return
    this.#slots.check(this.#registration.dir)
    this.#obeyStop()
    if (this.#stopping) return
    this.#backpressure.keepBallast()
    const troubles = this.#troubles
    // Once, and before anything is taken over or claimed.
    if (!this.#isPlaceKnown)
      troubles.contain('wake/home.inode', 'settle a copied home', () => noticeCopiedHome(this.#ctx))
    this.#isPlaceKnown = true
    await recover(this.#ctx, { peers: this.#peers, slots: this.#slots, troubles })
    this.#nextDuties = Math.min(this.#nextDuties, this.#peers.leases.next)
    this.#obeyQueues()
    const { promoted, next } = promote(this.#home, nowMs(), this.#settings.now.max_backoff, (entry, doing, act) =>
      troubles.contain(entry, doing, act),
    )
    if (await this.#doors.open(this.#ctx)) this.#wantsDuties = true
    const occurs = await this.#schedules.fire(this.#ctx)
    if (this.#schedules.isMoreDue) this.#wantsDuties = true
    for (const fileName of promoted) this.#workList.noteChange(fileName)
    this.#nextDue = Math.min(next ?? Number.POSITIVE_INFINITY, occurs)
    this.#workList.markStale()
    if (this.#slots.free > 0) this.#workList.scan()
    await this.#takeDropped()
    this.#maintenance.startIfDue(this.#settings.now)
  }

  /** After recovery: what the dead left running here has numbers, too. */
  #obeyQueues(): void {
    this.#numbers.lookAgain()
    this.#rates.lookAgain()
    const signed = this.#numbers.sign(this.#slots.goingOn())
    if (signed === 'signed') this.#queues.publish(this.#registration.dir)
    // A run that is just beginning has its FIFO in a moment.
    else if (signed === 'soon') this.#nextDuties = Math.min(this.#nextDuties, monotonicMs() + SIGN_AGAIN_MS)
  }

  /** Does what `worker stop` asks for. */
  #obeyStop(): void {
    const mode = takeStop(this.#home, this.#registration.dir)
    if (mode !== undefined) this[mode]()
  }

  #stopWithoutHome(): void {
    if (this.#stopping === 'homeless') return
    this.#stopping = 'homeless'
    this.#log(`the home ${this.#home.root} was removed: stopping`)
    this.#slots.endAll({ why: 'cancel', reason: 'the home was removed' }, true)
  }

  #endRevokedRuns(): void {
    this.#log(`the directory of ${this.#registration.name} was taken away: ending its ${this.#slots.busy} runs`)
    this.#slots.endAll({ why: 'cancel', reason: 'the directory of its worker was taken away' }, false)
  }

  /** As if fenced, but without a trace on the disk: the process that we were may go on with these runs. */
  #abandonRuns(): void {
    this.#log(
      `this process was restored or cloned (its boot or pid namespace changed): killing its ${this.#slots.busy} runs`,
    )
    this.#slots.abandonAll()
    this.#wake(true)
  }

  async #takeDropped(): Promise<void> {
    const due = await this.#intake.takeDropped(this.#ctx)
    this.#nextDue = Math.min(this.#nextDue, due)
  }

  /** Claims jobs for all free slots. */
  #claimJobs(): void {
    if (this.#stopping || this.#isHomeChanging || this.#slots.free <= 0 || !this.#backpressure.mayClaim()) return
    let hasLostRace = false
    while (this.#slots.free > 0 && this.#limits.mayClaim(() => this.#slots.taken)) {
      const next = this.#workList.next()
      if (!next) break
      const isOurs = this.#slots.has(next.fileName)
      const rules = this.#rulesOf(next.name)
      if (!isOurs && rules && !(this.#numbers.areFree(rules.limits) && this.#rates.areOpen(rules.rates))) {
        this.#workList.noteChange(next.fileName)
        continue
      }
      // If we die after a claim: the job is held without traces; recovery puts it back, no attempt used.
      const held = isOurs ? undefined : claim(this.#home, this.#registration.dir, next.fileName, next.name)
      if (isOurs) this.#slots.handleDuplicate(next.fileName)
      else if (held && rules) this.#beginLimited(held, rules)
      else if (held) this.#slots.begin(held)
      else if (!hasLostRace) {
        // Usually another worker was faster, but a claim also fails when our own directory was removed. Checked once a round.
        hasLostRace = true
        if (!this.#registration.holder.isThere()) return this.#wake(true)
      }
    }
  }

  /** If we die in here: a held job without traces; recovery puts it back, and its numbers are free. */
  #beginLimited(held: Held, { limits, rates }: QueueRules): void {
    const putBackAgain = (): void => {
      if (putBack(this.#home, held)) this.#workList.noteChange(held.fileName)
    }
    try {
      const fifo = this.#numbers.take(held.fileName, limits)
      if (fifo && this.#rates.use(rates)) return this.#slots.begin(held, fifo)
      this.#numbers.letGo(held.fileName)
      putBackAgain()
    } catch (error) {
      this.#numbers.letGo(held.fileName)
      putBackAgain()
      throw error
    }
  }

  /** What a job of this line must keep to; undefined: nothing, so that it may be plain. */
  #rulesOf(line: JobLine): QueueRules | undefined {
    const [limits, rates] = [this.#queues.limitsOf(line), this.#queues.ratesOf(line.queue)]
    const isFree = limits.length === 0 && rates.length === 0 && this.#queues.haltAfter(line.queue) === undefined
    return isFree ? undefined : { limits, rates }
  }

  /** If we die in here: the failure is counted or not, and the queue paused or not. */
  #noteOutcome(queue: string, { to, ending, countsAttempt }: Verdict): void {
    const most = this.#queues.haltAfter(queue)
    if (most === undefined || (to !== 'completed' && (to !== 'dead' || !countsAttempt || ending === 'cancelled')))
      return
    try {
      if (to === 'completed') return forgetFailures(this.#home, queue)
      if (countFailure(this.#home, queue) < most) return
      const reason = `${most === 1 ? 'a job' : `${most} jobs in a row`} went dead`
      writePause(this.#home, queue, { reason, by: 'halt_after', at: isoTime(nowMs()) })
      forgetFailures(this.#home, queue)
      this.#record([{ event: 'queue_paused', job: '', queue, error: reason }])
      this.#wake(true)
      ring(this.#home)
    } catch (error) {
      this.#log(`cannot count the dead jobs of queue ${queue}: ${String(error)}`)
    }
  }

  #mustWait(fileName: string, why: string): void {
    const { pause, isNew } = this.#troubles.passedOver.add(`pending/${fileName}`, why)
    if (isNew)
      this.#log(`${parseName(fileName)?.id ?? fileName} waits: ${why}; tried again in ${pause / 1000} s and later`)
  }

  #noteHeldBack(why: string | undefined): void {
    const { dir } = this.#registration
    const note = why === undefined ? '' : dir + why
    // Also after the worker has registered again, in another directory.
    if (note !== this.#heldBack) writeHeldBack(this.#home, dir, why)
    this.#heldBack = note
  }

  #onFailure(doing: string, error: unknown): void {
    this.#backpressure.onFailure(doing, error)
    this.#registration.shells.close()
    this.#workList.markStale()
  }

  #recordSoon(event: Omit<Event, 'at'>): void {
    this.#soon.add(event)
    this.#noteEnd(event)
    if (event.event === 'started') this.#hooks.noteStart()
  }

  #record(events: readonly Omit<Event, 'at'>[]): void {
    this.#soon.write()
    recordEvents(this.#home, events)
    for (const event of events) {
      this.#log(describeEvent(event))
      this.#noteEnd(event)
      if (event.event === 'started') this.#hooks.noteStart()
      if (event.due !== undefined) this.#nextDue = Math.min(this.#nextDue, Date.parse(event.due))
    }
  }

  /** A job that others wait for has ended: they go on in the next round. */
  #noteEnd({ event, job }: Omit<Event, 'at'>): void {
    const is = ENDS[event]
    if (is !== undefined && this.#doors.noteEnd(job, is)) this.#wake(true)
  }

  #log(line: string): void {
    this.#soon.write()
    this.#registration.log.write(line)
    this.#options.log(line)
  }
}
