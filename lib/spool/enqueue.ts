/**
 * New jobs: reserve the id, write aside, flush, rename into view, flush the directory; only then is it acknowledged.
 *
 * Crash: before the rename nothing is there but scratch (and perhaps a reservation, which the next one to want the
 * id takes over); after it the job will run, even if nobody was told.
 */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { monotonicFactory } from 'ulid'
import { nowMicros, randomBytes, randomHex } from '../clock.ts'
import { errno, explained, QueueError } from '../errors.ts'
import { type DEFAULTS, type Job, type JobRequest, printJob } from '../job/job.ts'
import { formatName } from '../job/file-name.ts'
import { newJob } from '../job/parse.ts'
import { parseInstant } from '../job/time.ts'
import {
  discard,
  cut,
  exists,
  linkNew,
  makeDir,
  move,
  names,
  read,
  remove,
  removeEmptyDir,
  writeNew,
} from '../disk/files.ts'
import { findExact } from './scan.ts'
import { flushesRecords, syncDir } from '../disk/sync.ts'
import type { Home } from './layout.ts'
import { type Identity, isRunning, self } from '../disk/fifo.ts'
import { ring } from './wakeup.ts'

// Given its randomness: by itself it loads `node:crypto`, which no start need wait for.
const ulid = monotonicFactory(() => randomBytes(1).readUInt8() / 256)

/** A new id of our own: sortable by time, unique without asking anybody. */
const makeId = (): string => ulid()

export type Defaults = Pick<typeof DEFAULTS, 'max_retries' | 'default_priority' | 'durability'>

/**
 * Enqueues one job. On return it is on disk and, unless durability is `none`, survives a power cut.
 * @throws QueueError DUPLICATE_JOB when a chosen id is taken, DISK_FULL, NOT_WRITABLE.
 */
export function enqueueOne(home: Home, request: JobRequest, defaults: Defaults): Job {
  let fresh: Fresh | undefined
  try {
    const durable = flushesRecords(defaults.durability)
    fresh = prepare(home, request, defaults, durable)
    if (durable && request.id !== undefined) syncDir(home.logs)
    publish(fresh)
    if (durable) syncDir(dirname(fresh.target))
  } catch (error) {
    if (fresh) takeBack(fresh)
    throw explained(error, 'enqueue a job')
  }
  fresh.id.use()
  if (fresh.job.state === 'scheduled') ring(home)
  return fresh.job
}

/**
 * Enqueues many jobs with one flush for all; they are acknowledged together, by the return. A refused one (its id is
 * taken) is an error in its place and does not keep the others back.
 */
export function enqueueMany(home: Home, requests: readonly JobRequest[], defaults: Defaults): (Job | QueueError)[] {
  const all: Fresh[] = []
  try {
    const results = requests.map((request) => {
      try {
        const fresh = prepare(home, request, defaults, false)
        all.push(fresh)
        return fresh.job
      } catch (error) {
        if (error instanceof QueueError && error.code === 'DUPLICATE_JOB') return error
        throw error
      }
    })
    const durable = flushesRecords(defaults.durability)
    // If we die before this ends: scratch.
    if (durable) flushFileSystem(home, all)
    for (const fresh of all) publish(fresh)
    if (durable) for (const dir of new Set(all.map((fresh) => dirname(fresh.target)))) syncDir(dir)
    for (const fresh of all) fresh.id.use()
    ring(home)
    return results
  } catch (error) {
    for (const fresh of all) takeBack(fresh)
    throw explained(error, 'enqueue the jobs')
  }
}

/** A job that is written but not yet in view. */
interface Fresh {
  readonly job: Job
  readonly aside: string
  readonly target: string
  readonly id: Reservation
  isInView: boolean
}

/** An id that is ours until its job is in view, and by that job from then on. */
export interface Reservation {
  /** The job is in view and speaks for itself: should it be removed by hand, the id is free. */
  use(): void
  /** There will be no job. */
  giveUp(): void
}

const UNRESERVED: Reservation = { use() {}, giveUp() {} }

function prepare(home: Home, request: JobRequest, defaults: Defaults, durable: boolean): Fresh {
  const now = nowMicros()
  const runAt = (request.run_at === undefined ? 0 : (parseInstant(request.run_at) ?? 0)) * 1000
  const state = runAt > now ? 'scheduled' : 'pending'
  const id = request.id ?? makeId()
  const job = newJob(request, id, defaults, state, Math.floor(now / 1000))
  const name = formatName({ priority: job.priority, due: Math.max(now, runAt), id, queue: job.queue })
  const aside = join(home.tmp, `${id}.${randomHex(8)}.new`)
  const reservation = request.id === undefined ? UNRESERVED : reserve(home, id)
  try {
    writeNew(aside, printJob(job), durable)
  } catch (error) {
    reservation.giveUp()
    throw error
  }
  return { job, aside, target: join(home[state], name), id: reservation, isInView: false }
}

function publish(fresh: Fresh): void {
  // If we die after this: the job will run, though nobody has been told its id.
  fresh.isInView = move(fresh.aside, fresh.target)
  if (!fresh.isInView)
    throw new QueueError('FAILED', `cannot enqueue ${fresh.job.id}: its file in tmp/, or where it goes, was taken away`)
}

/** Leaves nothing of a job that could not be acknowledged, unless a worker has it already. */
function takeBack(fresh: Fresh): void {
  remove(fresh.aside)
  if (!fresh.isInView || remove(fresh.target)) fresh.id.giveUp()
}

function flushFileSystem(home: Home, all: readonly Fresh[]): void {
  const done = spawnSync('sync', ['-f', home.tmp], { stdio: 'ignore' })
  if (done.status === 0) return
  // No sync(1) that knows -f (macOS): flush the files one by one.
  for (const fresh of all) syncDir(fresh.aside)
}

/**
 * Makes a chosen id ours, or throws DUPLICATE_JOB. A reservation is a link `logs/<id>/.reserved.<k>` that names the
 * process; one whose process is dead and whose job is in no state is a leftover, and the first to link k+1 has it.
 * The links stay: whoever judged link k may only ever create k+1, so of many who find a leftover one wins. A used
 * reservation is emptied.
 */
export function reserve(home: Home, id: string): Reservation {
  const dir = join(home.logs, id)
  const aside = join(home.tmp, `${id}.${randomHex(8)}.reserved`)
  writeNew(aside, JSON.stringify(self()), false)
  try {
    for (;;) {
      const isNew = makeDir(dir)
      const last = Math.max(0, ...names(dir).map((name) => Number(/^\.reserved\.(\d+)$/.exec(name)?.[1] ?? 0)))
      // A directory that we made may bear another's reservation by now.
      if ((!isNew || last > 0) && (isReserving(join(dir, `.reserved.${last}`)) || findExact(home, id)))
        throw new QueueError(
          'DUPLICATE_JOB',
          `cannot enqueue ${id}: a job with this id already exists`,
          `see it with: queuectl show ${id}`,
        )
      const mine = join(dir, `.reserved.${last + 1}`)
      if (!tryLink(aside, mine, dir)) continue
      return {
        use: () => cut(mine),
        giveUp() {
          remove(mine)
          removeEmptyDir(dir)
        },
      }
    }
  } finally {
    discard(aside)
  }
}

/**
 * Keeps everybody from taking over the id of a job that we hold and are about to remove: a reservation behind the last
 * one, which those see who come until the output is gone.
 * @param me a file that says who we are, as a reservation does
 * @returns lifts it
 */
export function barId(home: Home, id: string, me: string): () => void {
  const dir = join(home.logs, id)
  for (;;) {
    makeDir(dir)
    const last = Math.max(0, ...names(dir).map((name) => Number(/^\.reserved\.(\d+)$/.exec(name)?.[1] ?? 0)))
    const mine = join(dir, `.reserved.${last + 1}`)
    if (tryLink(me, mine, dir)) return () => remove(mine)
  }
}

/** False: somebody was faster, or the directory was pruned in between; begin again. */
function tryLink(aside: string, mine: string, dir: string): boolean {
  try {
    return linkNew(aside, mine)
  } catch (error) {
    if (errno(error) === 'ENOENT' && exists(aside)) return false
    removeEmptyDir(dir)
    throw error
  }
}

/** Is the process that made this reservation alive, and therefore perhaps about to publish its job? */
function isReserving(path: string): boolean {
  let owner: Identity | null
  try {
    owner = JSON.parse(read(path) ?? '') as Identity | null
  } catch {
    // Gone, used, or torn by a power cut, which no process outlives.
    return false
  }
  const me = self()
  return owner?.machine === me.machine && owner.boot === me.boot && isRunning(owner)
}
