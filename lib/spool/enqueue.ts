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
import { explained, QueueError } from '../errors.ts'
import { type Job, type JobRequest, printJob } from '../job/job.ts'
import { formatName } from '../job/file-name.ts'
import { newJob } from '../job/parse.ts'
import { parseInstant } from '../job/time.ts'
import { move, remove, writeNew } from '../disk/files.ts'
import { flushesRecords, syncDir } from '../disk/sync.ts'
import type { Home } from './layout.ts'
import { ring } from './wakeup.ts'
import type { DEFAULTS } from '../config/schema.ts'
import { type Reservation, reserve, UNRESERVED } from './reservation.ts'

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
