/**
 * Lets jobs go on that wait for others (`spool/doors.ts`). Any worker does this, when a job that is waited for has ended and,
 * for what it missed, in each timed round while a job waits.
 *
 * A child is taken as an operator takes a job, its record is stamped, and it is moved: to the next door, to `pending/` or
 * `scheduled/`, or to `dead/`. If we die while we have it, it is put back to its door, by its record, and judged anew.
 */
import { basename, join } from 'node:path'
import { monotonicMs, nowMs } from '../clock.ts'
import { judge, metOf, type ParentState, type Standing } from '../job/after.ts'
import { formatName, type JobName, parseName } from '../job/file-name.ts'
import type { Job } from '../job/job.ts'
import { readJob } from '../job/parse.ts'
import { printJob } from '../job/print.ts'
import { cancelledRecord, withoutResult } from '../job/record.ts'
import { isoTime, parseInstant } from '../job/time.ts'
import { UNFINISHED } from '../job/state.ts'
import { exists, readText, remove, removeEmptyDir, stamp, writeNew } from '../disk/files.ts'
import { flushesRecords } from '../disk/sync.ts'
import type { RunContext } from '../run/context.ts'
import { reviveChildren } from '../operator/revive.ts'
import { quarantine } from '../spool/corrupt.ts'
import { cancelledAt, childrenAt, doorPath, hintPath, makeDoor, stateOfParent, sweepSigns } from '../spool/doors.ts'
import { takeAsOperator } from '../spool/holders.ts'
import { type Home, isInUse } from '../spool/layout.ts'
import { doorDirs, jobFiles } from '../spool/scan.ts'
import { moveInto, moveOut } from '../spool/transitions.ts'

/** A parent is gone once this many looks, this far apart (ms), have not found it: a job may move during a look. */
const LOOKS = 3
const LOOKS_APART_MS = 2_000
/** How many children go through a door before other work has its turn. */
const SLICE = 100
/** The pause after a look at all doors, as a multiple of the time it took. */
const IDLE_FACTOR = 9
/**
 * How often (ms) to look whether a job was retried by a command that died before it brought the others back, while nothing else
 * needs a list of the jobs. When that job ends they come back in any case.
 */
const HINTS_EVERY_MS = 30_000

interface Missing {
  looks: number
  last: number
}

/** What a look at all doors has seen. */
interface Seen {
  readonly hinted: string[]
  /** The jobs that have not ended; listed when it is first asked for. */
  alive?: Set<string>
}

interface DoorsHost {
  /** Does something with one entry; a failure is about this entry and is not thrown. */
  contain(entry: string, doing: string, act: () => Promise<void>): Promise<void>
  /** A job came into `pending/` under this name. */
  released(fileName: string): void
}

export class Doors {
  readonly #home: Home
  readonly #host: DoorsHost
  /** Did a job wait at the last look, or was one cancelled that waited? */
  #isUsed = false
  /** What has ended since, and how. */
  readonly #ended = new Map<string, ParentState>()
  readonly #missing = new Map<string, Missing>()
  /** What has ended since, and is to be seen whether it brings back others. */
  readonly #mayRevive = new Map<string, ParentState>()
  #nextLook = 0
  #nextHints = 0

  constructor(home: Home, host: DoorsHost) {
    this.#home = home
    this.#host = host
  }

  /** Notes that a job has ended. @returns whether a job waits for it */
  noteEnd(id: string, is: 'completed' | 'dead'): boolean {
    if (!this.#isUsed || !exists(doorPath(this.#home, id))) return false
    this.#ended.set(id, is)
    this.#mayRevive.set(id, is)
    return true
  }

  /** Opens the doors of jobs that have ended. @returns whether some are left for the next round */
  async open(ctx: RunContext): Promise<boolean> {
    await this.#host.contain('waiting', 'look who waits for others', () => this.#look())
    await this.#bringBack(ctx)
    const ended = [...this.#ended]
    this.#ended.clear()
    for (const [parent, is] of ended) await this.#atDoor(parent, () => this.#openOne(ctx, parent, is))
    return this.#ended.size > 0
  }

  /** A door that cannot be looked at is left alone for a while, and keeps no other from being looked at. */
  #atDoor(parent: string, act: () => Promise<void>): Promise<void> {
    return this.#host.contain(`waiting/${parent}/.`, `look at the door of ${parent}`, act)
  }

  async #openOne(ctx: RunContext, parent: string, is: ParentState): Promise<void> {
    const children = childrenAt(this.#home, parent)
    for (const fileName of children.slice(0, SLICE))
      await this.#host.contain(`waiting/${parent}/${fileName}`, `let ${fileName} go on`, () =>
        this.#letGoOn(ctx, parent, fileName, is),
      )
    if (children.length > SLICE) this.#ended.set(parent, is)
    else {
      // Of one that died after its job was in view.
      sweepSigns(this.#home, parent)
      removeEmptyDir(doorPath(this.#home, parent))
    }
  }

  /** Looks for parents that have ended without our notice: by another worker, by hand, before we started. */
  async #look(): Promise<void> {
    const begun = monotonicMs()
    if (begun < this.#nextLook) return
    this.#isUsed = false
    if (!isInUse(this.#home, 'waiting')) return
    const seen: Seen = { hinted: [] }
    for (const parent of doorDirs(this.#home).map((dir) => basename(dir)))
      await this.#atDoor(parent, async () => this.#lookAt(parent, seen))
    const { hinted } = seen
    this.#isUsed = seen.alive !== undefined || hinted.length > 0
    if (hinted.length > 0 && begun >= this.#nextHints) {
      seen.alive ??= this.#unfinished()
      this.#nextHints = begun + HINTS_EVERY_MS
    }
    for (const parent of hinted) if (seen.alive?.has(parent)) this.#mayRevive.set(parent, 'unfinished')
    const end = monotonicMs()
    this.#nextLook = end + IDLE_FACTOR * (end - begun)
  }

  #lookAt(parent: string, seen: Seen): void {
    const hasHints = cancelledAt(this.#home, parent).length > 0
    if (hasHints) seen.hinted.push(parent)
    if (childrenAt(this.#home, parent).length === 0) {
      this.#missing.delete(parent)
      sweepSigns(this.#home, parent)
      // If a job comes in at the same time it is not empty, or is made again.
      if (!hasHints) removeEmptyDir(doorPath(this.#home, parent))
      return
    }
    seen.alive ??= this.#unfinished()
    if (seen.alive.has(parent) || this.#ended.has(parent)) return
    const is = stateOfParent(this.#home, parent)
    if (is === 'completed' || is === 'dead') this.#ended.set(parent, is)
    else if (is === 'gone' && this.#isGone(parent)) this.#ended.set(parent, 'gone')
    if (is !== 'gone') this.#missing.delete(parent)
  }

  #unfinished(): Set<string> {
    return new Set(Array.from(jobFiles(this.#home, UNFINISHED), ({ name }) => name.id))
  }

  /** Brings back what was cancelled because of a job that was retried since by a command that died, or by hand. */
  async #bringBack(ctx: RunContext): Promise<void> {
    const parents = [...this.#mayRevive]
    this.#mayRevive.clear()
    for (const [parent, is] of parents)
      await this.#host.contain(`waiting/${parent}`, `bring back what was cancelled because of ${parent}`, async () => {
        const revived = await reviveChildren(this.#home, parent, ctx.config.durability, is)
        for (const job of revived) ctx.record({ event: 'retried', job })
      })
  }

  #isGone(parent: string): boolean {
    const now = monotonicMs()
    const known = this.#missing.get(parent) ?? { looks: 0, last: Number.NEGATIVE_INFINITY }
    if (now - known.last < LOOKS_APART_MS) return false
    this.#missing.set(parent, { looks: known.looks + 1, last: now })
    return known.looks + 1 >= LOOKS
  }

  /** Moves one child on. */
  async #letGoOn(ctx: RunContext, parent: string, fileName: string, is: ParentState): Promise<void> {
    const path = join(doorPath(this.#home, parent), fileName)
    const name = parseName(fileName)
    if (!name) return
    // If we die after this: recovery puts it back to its door.
    const operator = takeAsOperator(this.#home, 'waiting', path, fileName)
    if (!operator) return
    const taken = operator.path
    try {
      const text = readText(taken)
      if (text === undefined) return
      const job = readOrWhy(text, name)
      if (typeof job === 'string') {
        quarantine(this.#home, taken, fileName, job)
        return
      }
      // A parent that one look does not find may be moving: the child waits at its door, where it is looked at again.
      const standing = judge(job, (id) => (id === parent ? is : notGone(stateOfParent(this.#home, id))))
      await this.#move(ctx, { job, name, taken, fileName }, standing)
    } catch (error) {
      // No other process puts it back while we live.
      moveInto(this.#home, taken, path)
      throw error
    } finally {
      operator.done()
    }
  }

  async #move(
    ctx: RunContext,
    {
      job,
      name,
      taken,
      fileName,
    }: { readonly job: Job; readonly name: JobName; readonly taken: string; readonly fileName: string },
    standing: Standing,
  ): Promise<void> {
    const now = nowMs()
    const flushes = flushesRecords(ctx.config.durability)
    const put = (next: Job): Promise<boolean> => stamp(taken, printJob(next), flushes)
    const updated: Job = { ...withoutResult(job), state: 'waiting', ...metOf(standing.met), updated_at: isoTime(now) }
    if (standing.kind === 'waits') {
      if (await put(updated)) moveInto(this.#home, taken, join(doorPath(this.#home, standing.at), fileName))
      return
    }
    if (standing.kind === 'impossible') return this.#cancel(ctx, { job: updated, name, taken }, standing)
    const due = Math.max(dueOf(job, now), name.due / 1000)
    const state = due > now ? 'scheduled' : 'pending'
    const target = due > now ? formatName({ ...name, due: Math.round(due * 1000) }) : fileName
    const next: Job = { ...updated, state, ...(due > now ? { run_at: isoTime(due) } : {}) }
    if (!(await put(next)) || !moveOut(this.#home, taken, join(this.#home[state], target), next)) return
    ctx.record({ event: 'ready', job: job.id, ...(state === 'scheduled' ? { due: isoTime(due) } : {}) })
    if (state === 'pending') this.#host.released(target)
  }

  async #cancel(
    ctx: RunContext,
    { job, name, taken }: { readonly job: Job; readonly name: JobName; readonly taken: string },
    { because, is }: { readonly because: string; readonly is: ParentState },
  ): Promise<void> {
    const now = nowMs()
    const hint = hintPath(this.#home, because, job.id)
    makeDoor(this.#home, because)
    // If we die after this: a hint to a job that was not cancelled, which a retry of the parent removes.
    if (!exists(hint)) writeNew(hint, '', false)
    const reason = `it waits for ${because}, which ${is === 'gone' ? 'is gone' : is === 'dead' ? 'is dead' : `has ${is}`}`
    const next = cancelledRecord(job, reason, now, because)
    const target = formatName({ ...name, due: Math.round(now * 1000) })
    if (!(await stamp(taken, printJob(next), flushesRecords(ctx.config.durability)))) return
    if (!moveInto(this.#home, taken, join(this.#home.dead, target))) remove(hint)
    else ctx.record({ event: 'cancelled', job: job.id, error: reason })
    // Who retried the parent meanwhile may not have seen the child dead yet; and it may have ended again since we noted its end.
    const present = stateOfParent(this.#home, because)
    if (present !== is && present !== 'gone') await reviveChildren(this.#home, because, ctx.config.durability, present)
  }
}

const notGone = (is: ParentState): ParentState => (is === 'gone' ? 'unfinished' : is)

function readOrWhy(text: string, name: JobName): Job | string {
  try {
    return readJob(text, name, 'waiting')
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** When a released job may run (ms). */
const dueOf = (job: Job, now: number): number =>
  Math.max(job.run_at === undefined ? 0 : (parseInstant(job.run_at) ?? 0), now + (job.after_delay ?? 0) * 1000)
