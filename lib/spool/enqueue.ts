/**
 * Enqueues jobs: reserve a chosen id, write aside, flush, rename into view, flush the directory, acknowledge.
 *
 * Crash: before the rename there is only scratch, and perhaps a reservation, which the next enqueue of that id takes
 * over; after it the job will run, even if it was never acknowledged.
 */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { monotonicFactory } from 'ulid'
import { randomBytes } from '../clock.ts'
import { type ErrorCode, explained, QueueError } from '../errors.ts'
import type { Job, JobRequest } from '../job/job.ts'
import { printJob } from '../job/print.ts'
import { searchPath } from '../config/env.ts'
import { findProgram } from '../disk/program.ts'
import { discard, exists, move, moveOrFind, remove, writeNew } from '../disk/files.ts'
import { flushesRecords, syncDir } from '../disk/sync.ts'
import { conditionsOf, judge, type ParentState, parentsFirst, type Standing } from '../job/after.ts'
import { Signs, stateOfParent } from './doors.ts'
import type { Home } from './layout.ts'
import { layOut } from './new-job.ts'
import { moveInto } from './transitions.ts'
import { findSame } from './lookup.ts'
import { ring } from './wakeup.ts'
import type { DEFAULTS } from '../config/schema.ts'
import { type Reservation, reserve } from './reservation.ts'
import { type TakeKey, hasKey, NotUnique } from './not-unique.ts'
import { scratchPath } from '../disk/scratch.ts'

// With our own random numbers: by default it loads `node:crypto`, which takes 2 ms of every start.
const ulid = monotonicFactory(() => randomBytes(1).readUInt8() / 256)

/** Makes an id (ULID): sorts by time, and is unique without a reservation. */
export const makeId = (): string => ulid()

export type Defaults = Pick<typeof DEFAULTS, 'max_retries' | 'default_priority' | 'durability'> & {
  /** How many attempts the jobs of a queue have by its settings; not given where no queue has any. */
  readonly retriesOf?: (queue: string | undefined) => number | undefined
  /** What stands for the key of a job in its file's name; not given where no job has one. */
  readonly slugOf?: (job: Job) => string | undefined
}

/** What enqueueing needs beside the defaults: how the unique key of a job is taken. */
export type Enqueueing = Defaults & { readonly takeKey: TakeKey }

/**
 * Enqueues one job. On return it is on disk and, unless durability is `none`, survives a power cut.
 * @throws QueueError DUPLICATE_JOB when a chosen id is taken, DISK_FULL, NOT_WRITABLE.
 */
export function enqueueOne(home: Home, request: JobRequest, defaults: Enqueueing): Job {
  let prepared: PreparedJob | undefined
  const signs = new Signs(home)
  try {
    const durable = flushesRecords(defaults.durability)
    prepared = prepare(home, request, defaults, { durable, signs })
    if (durable && request.id !== undefined) syncDir(home.logs)
    publish(home, prepared)
    if (durable) for (const dir of flushedDirs(home, prepared)) syncDir(dir)
  } catch (error) {
    if (prepared) undo(home, prepared)
    throw explained(error, 'enqueue a job')
  } finally {
    signs.remove()
  }
  use(prepared)
  // After a look that found the parent unfinished it may have ended: the workers look at every door now.
  if (prepared.job.state !== 'pending') ring(home)
  return prepared.job
}

/**
 * Enqueues many jobs with one flush for all; the return acknowledges them together. A job whose id is taken is an
 * error at its index and does not stop the others.
 * @throws QueueError DISK_FULL, NOT_WRITABLE; then none of them was enqueued, except those that a worker already has.
 */
export function enqueueMany(home: Home, requests: readonly JobRequest[], defaults: Enqueueing): (Job | QueueError)[] {
  const all: PreparedJob[] = []
  const signs = new Signs(home)
  try {
    const { order, cycles } = parentsFirst(requests)
    // What many wait for is looked up once, and those enqueued with them not at all.
    const known = new Map<string, ParentState>(
      requests.flatMap(({ id }, i) => (id === undefined || cycles.has(i) ? [] : [[id, 'unfinished']])),
    )
    const results: (Job | QueueError)[] = []
    const made: PreparedJob[] = []
    const ownKeys = takingOnce(defaults)
    for (const i of new Set([...byKey(requests), ...order])) {
      const cycle = cycles.get(i)
      try {
        if (cycle) throw new QueueError('INVALID_JOB', `invalid job: ${cycle.join(' waits for ')}`)
        const one = prepare(
          home,
          requests[i] as JobRequest,
          { ...defaults, ...ownKeys },
          { durable: false, signs, known },
        )
        made[i] = one
        all.push(one)
        results[i] = one.job
      } catch (error) {
        if (!(error instanceof QueueError && OF_ONE_JOB.includes(error.code))) throw error
        results[i] = error
      }
    }
    const durable = flushesRecords(defaults.durability)
    // If we die before the first publish: scratch, and reservations of dead processes.
    if (durable) flushFileSystem(home, all)
    // Parents are published before their children, which would find none.
    for (const i of order) if (made[i]) publish(home, made[i])
    if (durable) for (const dir of new Set(all.flatMap((prepared) => flushedDirs(home, prepared)))) syncDir(dir)
    for (const prepared of all) use(prepared)
    ring(home)
    return results
  } catch (error) {
    for (const prepared of all) undo(home, prepared)
    throw explained(error, 'enqueue the jobs')
  } finally {
    signs.remove()
  }
}

/** Those with a key, in the order of their keys: so of two processes that want the same ones neither waits for the other. */
function byKey(requests: readonly JobRequest[]): number[] {
  const keyOf = (i: number): string => requests[i]?.unique ?? ''
  return [...requests.keys()].filter((i) => keyOf(i) !== '').sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/** Takes no key twice: the job that has it is ours, and comes into view with the others only. */
function takingOnce({ takeKey: take }: Enqueueing): Pick<Enqueueing, 'takeKey'> {
  const owners = new Map<string, Job>()
  return {
    takeKey(home, job, how) {
      const owner = owners.get(job.unique)
      if (owner) throw new NotUnique(job.unique, owner)
      const taken = take(home, job, how)
      owners.set(job.unique, job)
      return taken
    },
  }
}

/** These refusals are about one job of many. */
const OF_ONE_JOB: readonly ErrorCode[] = ['DUPLICATE_JOB', 'INVALID_JOB', 'NOT_FOUND', 'WRONG_STATE']

/** A job that is written in `tmp/` and not yet visible to workers. */
interface PreparedJob {
  readonly job: Job
  readonly aside: string
  readonly target: string
  /** Of its chosen id, and of its unique key. */
  readonly reservations: readonly Reservation[]
}

function prepare(
  home: Home,
  request: JobRequest,
  defaults: Enqueueing,
  {
    durable,
    signs,
    known = new Map(),
  }: { readonly durable: boolean; readonly signs: Signs; readonly known?: Map<string, ParentState> },
): PreparedJob {
  if (request.ionice !== undefined && findProgram('ionice', searchPath(), '/') === undefined)
    throw new QueueError('INVALID_JOB', 'invalid job: ionice: there is no ionice(1) on this machine')
  const id = request.id ?? makeId()
  const own = {
    ...defaults,
    max_retries: request.max_retries ?? defaults.retriesOf?.(request.queue) ?? defaults.max_retries,
  }
  const { job, fileName, dir } = layOut(home, request, id, own, standingOf(home, request, { known, signs }))
  const aside = scratchPath(home.tmp, id, 'new')
  // Before the reservation: a process that cannot know whether we live fences us by removing this file.
  writeNew(aside, printJob(job), durable)
  const reservations: Reservation[] = []
  try {
    // Before the id: whoever gives both again is told of the job that has the key.
    if (hasKey(job)) reservations.push(defaults.takeKey(home, job, { file: aside, durable }))
    if (request.id !== undefined) reservations.push(reserve(home, id, aside))
    return { job, aside, target: join(dir, fileName), reservations }
  } catch (error) {
    for (const reservation of reservations) reservation.giveUp()
    discard(aside)
    throw error
  }
}

/**
 * What a new job waits for; undefined when it names no parents. What is seen to hold is in its record before it comes into
 * view, and is never asked again.
 * @param known what was seen of parents, by id; what is looked up here is added
 * @throws QueueError NOT_FOUND for an unknown parent; WRONG_STATE when it could never run
 */
function standingOf(
  home: Home,
  request: JobRequest,
  { known, signs }: { readonly known: Map<string, ParentState>; readonly signs: Signs },
): Exclude<Standing, { readonly kind: 'impossible' }> | undefined {
  if (request.after === undefined || request.after.length === 0) return undefined
  if (conditionsOf(request).some(({ job }) => job === request.id))
    throw new QueueError('INVALID_JOB', `invalid job: ${request.id} waits for itself`)
  const standing = judge(request, (parent) => {
    signs.leave(parent)
    const is = known.get(parent) ?? stateOfParent(home, parent)
    known.set(parent, is)
    if (is !== 'gone') return is
    throw new QueueError('NOT_FOUND', `there is no job ${parent} to wait for`, 'see all jobs with: queuectl list')
  })
  if (standing.kind !== 'impossible') return standing
  throw new QueueError(
    'WRONG_STATE',
    `cannot enqueue a job that waits for ${standing.because}: it is ${standing.is}`,
    `retry that first: queuectl retry ${standing.because}; to wait for its end only: --after-any ${standing.because}`,
  )
}

/** What must be flushed after the move: a door may be new, and `waiting/` too. */
const flushedDirs = (home: Home, { job, target }: PreparedJob): string[] =>
  job.state === 'waiting' ? [dirname(target), home.waiting, home.root] : [dirname(target)]

function publish(home: Home, prepared: PreparedJob): void {
  const { aside, target } = prepared
  const publishes = (): boolean =>
    prepared.job.state === 'waiting' ? moveInto(home, aside, target) : move(aside, target)
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

/** Its ids and keys are the job's from now on. */
function use({ reservations }: PreparedJob): void {
  for (const reservation of reservations) reservation.use()
}

/** Removes a job that could not be acknowledged, unless a worker already has it: then the id is in use. */
function undo(home: Home, prepared: PreparedJob): void {
  if (remove(prepared.aside) || remove(prepared.target) || !isTakenOn(home, prepared))
    for (const reservation of prepared.reservations) reservation.giveUp()
}

function flushFileSystem(home: Home, all: readonly PreparedJob[]): void {
  const done = spawnSync('sync', ['-f', home.tmp], { stdio: 'ignore' })
  if (done.status === 0) return
  // sync(1) has no -f here (macOS): flush the files one by one.
  for (const prepared of all) syncDir(prepared.aside)
}
