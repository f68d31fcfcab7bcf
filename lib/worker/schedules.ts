/**
 * Fires schedules. Any worker does: of all that try, one makes the next generation. An unreadable schedule fires nothing,
 * and what is wrong with one costs no other.
 */
import { nowMs } from '../clock.ts'
import { defaultDirectory } from '../config/env.ts'
import { lstat } from '../disk/files.ts'
import { scheduledId, DEFAULT_QUEUE } from '../job/file-name.ts'
import { newJob } from '../job/parse.ts'
import { fileNameOf } from '../job/key.ts'
import { printJob } from '../job/print.ts'
import { isOver } from '../job/state.ts'
import { isoTime } from '../job/time.ts'
import { cancelJob } from '../operator/cancel.ts'
import type { RunContext } from '../run/context.ts'
import { type Decision, decideSchedule, type Generation } from '../schedule/decide.ts'
import { jitterOf } from '../schedule/jitter.ts'
import { type BadSchedule, isBad, type Schedule } from '../schedule/schedule.ts'
import type { Home } from '../spool/layout.ts'
import { findExact } from '../spool/lookup.ts'
import {
  cleanGenerations,
  firedNames,
  generationsOf,
  isPaused,
  lastGeneration,
  makeGeneration,
  publishGeneration,
  readSchedule,
  scheduleNames,
  schedulePath,
  scheduleStamp,
  Superseded,
  timingHash,
} from '../spool/schedules.ts'

/** How often (ms) a schedule looks whether its last job has ended, and how soon one is looked at again that others are at. */
const ITS_JOB_EVERY_MS = 1000
const SUPERSEDED_MS = 50
/** How soon one is looked at again that cannot be looked at now (ms). */
const AFTER_FAILURE_MS = 1000
/** How many times of one schedule are decided about in a round: after so many the worker does everything else first. */
const SLICE = 10
/** A clock that goes back by more than this (ms) has been set. */
const CLOCK_BACK_MS = 1000
/** A file whose last change is younger (ms) may change again within the same tick of the kernel's clock. */
const TICK_MS = 20

interface Known {
  readonly stamp: string
  readonly readAt: number
  readonly schedule: Schedule | BadSchedule
  readonly isPaused: boolean
  /** When it is looked at again (ms). */
  due: number
}

interface Host {
  /** Handles what goes wrong with one schedule. */
  contain(entry: string, doing: string, act: () => Promise<void>): Promise<void>
  /** A job has come into `pending/`. */
  published(fileName: string): void
}

export class Schedules {
  readonly #home: Home
  readonly #host: Host
  readonly #known = new Map<string, Known>()
  #lookedAt = 0
  #hasLooked = false
  #isMoreDue = false

  constructor(home: Home, host: Host) {
    this.#home = home
    this.#host = host
  }

  /** Is more due than was fired in this round? */
  get isMoreDue(): boolean {
    return this.#isMoreDue
  }

  /** Fires what is due. @returns when the next one is (ms since the epoch); Infinity: none, as things are */
  async fire(ctx: RunContext): Promise<number> {
    let next = Number.POSITIVE_INFINITY
    // Not seeing a schedule, or what it did, is no reason to do anything.
    await this.#host.contain('schedules', 'look at the schedules', async () => {
      next = await this.#fireAll(ctx)
    })
    return next
  }

  async #fireAll(ctx: RunContext): Promise<number> {
    this.#isMoreDue = false
    const names = scheduleNames(this.#home)
    // Where there is no schedule, what a former one has left to publish is looked for once.
    if (names.length === 0 && this.#known.size === 0 && (this.#hasLooked || !lstat(this.#home.fired))) {
      this.#hasLooked = true
      return Number.POSITIVE_INFINITY
    }
    this.#hasLooked = names.length === 0
    const now = nowMs()
    if (now < this.#lookedAt - CLOCK_BACK_MS) this.#known.clear()
    this.#lookedAt = now
    for (const name of this.#known.keys()) if (!names.includes(name)) this.#known.delete(name)
    for (const name of names) {
      await this.#host.contain(`schedules/${name}.json`, `look at the schedule ${name}`, () =>
        this.#look(ctx, name, now),
      )
      // It could not be looked at, or is left alone: not at once again, or the worker ran rounds without pause.
      const known = this.#known.get(name)
      if (known && known.due <= now) known.due = now + AFTER_FAILURE_MS
    }
    // What was made is published, whatever has become of its schedule.
    for (const name of firedNames(this.#home))
      if (!names.includes(name))
        await this.#host.contain(`fired/${name}`, `publish the job of ${name}`, async () => void this.#publish(name))
    return [...this.#known.values()].reduce((next, { due }) => Math.min(next, due), Number.POSITIVE_INFINITY)
  }

  async #look(ctx: RunContext, name: string, now: number): Promise<void> {
    const known = this.#read(ctx, name)
    if (!known || known.due > now) return
    if (isBad(known.schedule)) {
      this.#publish(name)
      known.due = Number.POSITIVE_INFINITY
      return
    }
    try {
      known.due = await this.#fireOne(ctx, known.schedule, known.isPaused)
    } catch (error) {
      if (!(error instanceof Superseded)) throw error
      known.due = nowMs() + SUPERSEDED_MS
    }
  }

  /** The schedule, read again if its file or its pause has changed. Undefined: it has gone. */
  #read(ctx: RunContext, name: string): Known | undefined {
    const stamp = `${scheduleStamp(this.#home, name)} ${isPaused(this.#home, name)}`
    const known = this.#known.get(name)
    if (known?.stamp === stamp && known.readAt - changedAt(stamp) > TICK_MS) return known
    const schedule = readSchedule(this.#home, name)
    if (!schedule) return undefined
    if (isBad(schedule) && known?.stamp !== stamp)
      ctx.log(`${schedulePath(this.#home, name)} cannot be obeyed, so it fires nothing: ${schedule.bad}`)
    const due = known?.stamp === stamp ? known.due : 0
    const next = { stamp, readAt: nowMs(), schedule, isPaused: isPaused(this.#home, name), due }
    this.#known.set(name, next)
    return next
  }

  /** Publishes what was made and not published. @returns the last generation */
  #publish(name: string): Generation | undefined {
    const last = lastGeneration(this.#home, name)
    if (last?.unpublished !== undefined && publishGeneration(this.#home, name, last, last.unpublished))
      this.#host.published(last.unpublished)
    return last
  }

  /** Fires a schedule until nothing more is due, or enough for this round. @returns when it is looked at again (ms) */
  async #fireOne(ctx: RunContext, schedule: Schedule, paused: boolean): Promise<number> {
    const { name } = schedule
    const hash = timingHash(schedule, paused)
    for (let made = 0; ; made++) {
      const last = this.#publish(name)
      if (made === SLICE) {
        this.#isMoreDue = true
        return nowMs() + 1
      }
      const decision = decideSchedule({
        schedule,
        hash,
        isPaused: paused,
        last,
        now: nowMs(),
        isUnfinished: () => this.#unfinished(name) !== undefined,
        jitterOf: (at) => jitterOf(name, at, schedule.jitter),
      })
      switch (decision.do) {
        case 'wait':
          return decision.until
        case 'wait for its job':
          return nowMs() + ITS_JOB_EVERY_MS
        case 'cancel its job': {
          const id = this.#unfinished(name)
          if (id !== undefined)
            await cancelJob(this.#home, id, `the schedule ${name} occurs again`, { durability: ctx.config.durability })
          return nowMs() + ITS_JOB_EVERY_MS
        }
        case 'make':
          this.#make(ctx, schedule, (last?.number ?? 0) + 1, decision)
      }
    }
  }

  /** The id of the job that it made last, if that is not finished. */
  #unfinished(name: string): string | undefined {
    const fired = generationsOf(this.#home, name).find(({ deed }) => deed === 'fired')
    const id = fired && scheduledId(name, fired.at, fired.number)
    const found = id === undefined ? undefined : findExact(this.#home, id)
    return found && !isOver(found.state) ? id : undefined
  }

  #make(ctx: RunContext, schedule: Schedule, number: number, decision: Extract<Decision, { do: 'make' }>): void {
    const { name } = schedule
    const next = { number, ...decision.next }
    const job = next.deed === 'fired' ? jobOf(ctx, schedule, next) : undefined
    if (!makeGeneration(this.#home, name, next, job)) throw new Superseded()
    const at = isoTime(next.at)
    // By its maker, of whom there is one: several may publish it. If we die here: the journal lacks one event.
    if (next.deed === 'fired')
      ctx.record({ event: 'enqueued', job: scheduledId(name, next.at, number), schedule: name })
    if (decision.isClockBack) ctx.record({ event: 'schedule_clock', job: '', schedule: name })
    if (decision.passedOver > 0 || next.deed === 'missed')
      ctx.record({ event: 'schedule_missed', job: '', schedule: name, due: at })
    if (next.deed === 'skipped') ctx.record({ event: 'schedule_skipped', job: '', schedule: name, due: at })
    cleanGenerations(this.#home, name, number)
  }
}

const changedAt = (stamp: string): number => Number(stamp.split(' ')[0]?.split('-')[1] ?? 0)

/** The file of the job that an occurrence makes, and its name. */
function jobOf(
  ctx: RunContext,
  { name, job: request }: Schedule,
  { at, number }: Generation,
): { readonly fileName: string; readonly text: string } {
  const id = scheduledId(name, at, number)
  const defaults = ctx.configOf(request.queue ?? DEFAULT_QUEUE)
  const full = { ...request, cwd: request.cwd ?? defaultDirectory() }
  const job = { ...newJob(full, id, defaults, 'pending', nowMs()), schedule: name, schedule_time: isoTime(at) }
  return { fileName: fileNameOf(job, at * 1000), text: printJob(job) }
}
