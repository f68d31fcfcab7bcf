/**
 * Enqueues jobs: reserve a chosen id, write aside, flush, rename into view, flush the directory, acknowledge.
 *
 * Crash: before the rename there is only scratch, and perhaps a reservation, which the next enqueue of that id takes
 * over; after it the job will run, even if it was never acknowledged.
 */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { monotonicFactory } from 'ulid'
import { nowMicros, randomBytes } from '../clock.ts'
import { explained, QueueError } from '../errors.ts'
import type { Job, JobRequest } from '../job/job.ts'
import { printJob } from '../job/print.ts'
import { formatName } from '../job/file-name.ts'
import { newJob } from '../job/parse.ts'
import { parseInstant } from '../job/time.ts'
import { searchPath } from '../config/env.ts'
import { findProgram } from '../disk/program.ts'
import { discard, exists, move, moveOrFind, remove, writeNew } from '../disk/files.ts'
import { flushesRecords, syncDir } from '../disk/sync.ts'
import type { Home } from './layout.ts'
import { findSame } from './lookup.ts'
import { ring } from './wakeup.ts'
import type { DEFAULTS } from '../config/schema.ts'
import { type Reservation, reserve, UNRESERVED } from './reservation.ts'
import { scratchPath } from '../disk/scratch.ts'

// With our own random numbers: by default it loads `node:crypto`, which takes 2 ms of every start.
const ulid = monotonicFactory(() => randomBytes(1).readUInt8() / 256)

/** Makes an id (ULID): sorts by time, and is unique without a reservation. */
const makeId = (): string => ulid()

export type Defaults = Pick<typeof DEFAULTS, 'max_retries' | 'default_priority' | 'durability'>

/**
 * Enqueues one job. On return it is on disk and, unless durability is `none`, survives a power cut.
 * @throws QueueError DUPLICATE_JOB when a chosen id is taken, DISK_FULL, NOT_WRITABLE.
 */
export function enqueueOne(home: Home, request: JobRequest, defaults: Defaults): Job {
  let prepared: PreparedJob | undefined
  try {
    const durable = flushesRecords(defaults.durability)
    prepared = prepare(home, request, defaults, durable)
    if (durable && request.id !== undefined) syncDir(home.logs)
    publish(home, prepared)
    if (durable) syncDir(dirname(prepared.target))
  } catch (error) {
    if (prepared) undo(home, prepared)
    throw explained(error, 'enqueue a job')
  }
  prepared.reservation.use()
  if (prepared.job.state === 'scheduled') ring(home)
  return prepared.job
}

/**
 * Enqueues many jobs with one flush for all; the return acknowledges them together. A job whose id is taken is an
 * error at its index and does not stop the others.
 * @throws QueueError DISK_FULL, NOT_WRITABLE; then none of them was enqueued, except those that a worker already has.
 */
export function enqueueMany(home: Home, requests: readonly JobRequest[], defaults: Defaults): (Job | QueueError)[] {
  const all: PreparedJob[] = []
  try {
    const results = requests.map((request) => {
      try {
        const prepared = prepare(home, request, defaults, false)
        all.push(prepared)
        return prepared.job
      } catch (error) {
        if (error instanceof QueueError && error.code === 'DUPLICATE_JOB') return error
        throw error
      }
    })
    const durable = flushesRecords(defaults.durability)
    // If we die before the first publish: scratch, and reservations of dead processes.
    if (durable) flushFileSystem(home, all)
    for (const prepared of all) publish(home, prepared)
    if (durable) for (const dir of new Set(all.map((prepared) => dirname(prepared.target)))) syncDir(dir)
    for (const prepared of all) prepared.reservation.use()
    ring(home)
    return results
  } catch (error) {
    for (const prepared of all) undo(home, prepared)
    throw explained(error, 'enqueue the jobs')
  }
}

/** A job that is written in `tmp/` and not yet visible to workers. */
interface PreparedJob {
  readonly job: Job
  readonly aside: string
  readonly target: string
  readonly reservation: Reservation
}

function prepare(home: Home, request: JobRequest, defaults: Defaults, durable: boolean): PreparedJob {
  if (request.ionice !== undefined && findProgram('ionice', searchPath(), '/') === undefined)
    throw new QueueError('INVALID_JOB', 'invalid job: ionice: there is no ionice(1) on this machine')
  const now = nowMicros()
  const runAt = (request.run_at === undefined ? 0 : (parseInstant(request.run_at) ?? 0)) * 1000
  const state = runAt > now ? 'scheduled' : 'pending'
  const id = request.id ?? makeId()
  const job = newJob(request, id, defaults, state, Math.floor(now / 1000))
  const name = formatName({ priority: job.priority, due: Math.max(now, runAt), id, queue: job.queue })
  const aside = scratchPath(home.tmp, id, 'new')
  // Before the reservation: a process that cannot know whether we live fences us by removing this file.
  writeNew(aside, printJob(job), durable)
  try {
    const reservation = request.id === undefined ? UNRESERVED : reserve(home, id, aside)
    return { job, aside, target: join(home[state], name), reservation }
  } catch (error) {
    discard(aside)
    throw error
  }
}

function publish(home: Home, prepared: PreparedJob): void {
  const { aside, target } = prepared
  const publishes = (): boolean => move(aside, target)
  // If we die after this: the job will run, although its id was never reported.
  if (moveOrFind(publishes, () => isTakenOn(home, prepared))) return
  throw new QueueError(
    'FAILED',
    `cannot enqueue ${prepared.job.id}: its file in tmp/, or the directory it goes to, was removed`,
  )
}

/** Was this very job published, whatever the rename was answered, and has a worker moved it on since? */
const isTakenOn = (home: Home, { aside, job }: PreparedJob): boolean =>
  !exists(aside) && findSame(home, job) !== undefined

/** Removes a job that could not be acknowledged, unless a worker already has it: then the id is in use. */
function undo(home: Home, prepared: PreparedJob): void {
  if (remove(prepared.aside) || remove(prepared.target) || !isTakenOn(home, prepared)) prepared.reservation.giveUp()
}

function flushFileSystem(home: Home, all: readonly PreparedJob[]): void {
  const done = spawnSync('sync', ['-f', home.tmp], { stdio: 'ignore' })
  if (done.status === 0) return
  // sync(1) has no -f here (macOS): flush the files one by one.
  for (const prepared of all) syncDir(prepared.aside)
}
