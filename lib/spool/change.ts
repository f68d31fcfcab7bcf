/**
 * Changes that an operator makes to a job: take it, stamp it, put it down. Safe against a worker that wants it at the
 * same moment: one of the two renames wins, and the loser looks again.
 */
import { dirname, join } from 'node:path'
import { monotonicMs, nowMs, sleep } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { type Job, printJob, shownState, type State } from '../job/job.ts'
import { formatName } from '../job/name.ts'
import { cancelled, retried } from '../job/policy.ts'
import { type Reservation, reserve } from './enqueue.ts'
import { move, stamp } from './files.ts'
import { findMeant, readSighted, type Sighting, sightingAt } from './find.ts'
import { type Home, PLACE_OF } from './home.ts'
import { holderOf, holders, takeAsOperator } from './holders.ts'
import type { Seen } from './list.ts'
import { writeNote } from './runs.ts'
import { ring, ringHolder } from './wake.ts'

/**
 * The one job meant by an id, in full or by the last characters of a made one.
 * @throws QueueError NOT_FOUND, or USAGE when several are meant.
 */
export function findOne(home: Home, text: string, doing: string): Sighting {
  const found = findMeant(home, text)
  if (found.length === 0)
    throw new QueueError('NOT_FOUND', `cannot ${doing} ${text}: no such job`, 'see all jobs with: queuectl list')
  const [first] = found
  if (found.length > 1 || !first)
    throw new QueueError(
      'USAGE',
      `cannot ${doing} ${text}: ${found.length} jobs end in it`,
      found.map((seen) => seen.name.id).join(', '),
    )
  return first
}

/** Reads a sighted job; undefined when it has moved on. @throws QueueError when its file cannot be understood. */
export function readWhole(seen: Sighting, doing: string): Job | undefined {
  const content = readSighted(seen)
  if (content === undefined || content.job) return content?.job
  throw new QueueError(
    'FAILED',
    `cannot ${doing} ${seen.name.id}: its file ${seen.path} cannot be read: ${content.unreadable}`,
    'mend it with an editor',
  )
}

/** A job as a command means it: by an id as typed, or as it was just seen in a list. */
export type Meant = string | Seen

const idOf = (meant: Meant): string => (typeof meant === 'string' ? meant : meant.id)

/** How long an operator looks again for a job that keeps moving, and how long it waits between two looks (ms). */
const PATIENCE = 2000
const ANOTHER_LOOK = 1

/** Is another command changing it at this moment? (A run that a command is ending may be told to end once more.) */
const isInOtherHands = (home: Home, { state, holder }: Sighting): boolean =>
  state !== 'processing' && holder !== undefined && holderOf(home, holder)?.life === 'alive'

/**
 * Looks for a job and acts on it, again until the act says what came of it: undefined means that the job had moved on.
 * A job that another command holds at this moment is left alone: what is taken out of the hands of somebody who is
 * stamping it could be there twice.
 */
export async function actOn<T>(
  home: Home,
  meant: Meant,
  doing: string,
  act: (seen: Sighting) => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = monotonicMs() + PATIENCE
  let known = typeof meant === 'string' ? undefined : sightingAt(meant.path, meant.state)
  for (let looks = 0; looks < 3 || monotonicMs() < end; looks++) {
    const seen: Sighting = known ?? findOne(home, idOf(meant), doing)
    known = undefined
    const result = isInOtherHands(home, seen) ? undefined : await act(seen)
    if (result !== undefined) return result
    await sleep(ANOTHER_LOOK)
  }
  throw new QueueError('FAILED', `cannot ${doing} ${idOf(meant)}: it keeps moving`, 'try again')
}

/**
 * Takes a job, changes its record and puts it down in `to`. Undefined: it moved on before we had it.
 * @param due microseconds, for the name it gets
 */
export async function change(
  home: Home,
  seen: Sighting,
  to: Exclude<State, 'processing' | 'completed'>,
  due: number,
  record: (job: Job) => Job,
): Promise<Job | undefined> {
  const taken = takeAsOperator(home, PLACE_OF[seen.state], seen.path, seen.fileName)
  if (!taken) return undefined
  let reservation: Reservation | undefined
  try {
    const job = readWhole({ ...seen, path: taken.path }, 'change')
    if (job === undefined) return undefined
    // A dropped file that no worker has taken in: its id is not its own yet.
    if (seen.foreign) reservation = reserve(home, job.id)
    const next = record(job)
    const name = formatName({ priority: next.priority, due, id: next.id, queue: next.queue })
    if (!(await stamp(taken.path, printJob(next))) || !move(taken.path, join(home[PLACE_OF[to]], name))) {
      reservation?.giveUp()
      return undefined
    }
    reservation?.use()
    return next
  } catch (error) {
    // As long as we live nobody else puts it back.
    move(taken.path, seen.path)
    reservation?.giveUp()
    throw error
  } finally {
    taken.done()
  }
}

/** What a change of many jobs may be asked to be: only tried. */
export interface Trial {
  /** Check what would be checked, and change nothing. */
  readonly dryRun?: boolean
}

/** The state forbids it. */
export const forbidden = (doing: string, seen: Sighting, why: string, hint?: string): QueueError =>
  new QueueError('WRONG_STATE', `cannot ${doing} ${seen.name.id}: ${why}`, hint)

const RETRIABLE: readonly State[] = ['dead', 'failed', 'completed']

/**
 * Sends a failed or dead job back to run again: attempts from zero, history and logs kept.
 * @throws QueueError NOT_FOUND, WRONG_STATE.
 */
export async function retryJob(home: Home, meant: Meant, only?: 'dead', { dryRun }: Trial = {}): Promise<Job> {
  return actOn(home, meant, 'retry', (seen) => {
    const now = nowMs()
    const state = shownState(seen.state)
    if (only && seen.state !== only) throw forbidden('retry', seen, `it is not in the dead letter queue but ${state}`)
    if (!RETRIABLE.includes(seen.state))
      throw forbidden(
        'retry',
        seen,
        `it is ${state}`,
        seen.state === 'held' ? `release it: queuectl release ${seen.name.id}` : undefined,
      )
    if (dryRun) return readWhole(seen, 'retry')
    return change(home, seen, 'pending', now * 1000, (old) => retried(old, now))
  })
}

/** What became of a cancelled job: it is dead, or its run has been told to end. */
export type Cancelling = Job | { readonly ending: string; readonly run: number; readonly watched: boolean }

/**
 * Cancels a job in any state but a final one. A running one is asked to end: by a note that its worker acts upon.
 * @returns the dead job, or `ending` when its run has been told to end
 */
export async function cancelJob(home: Home, meant: Meant, reason: string, { dryRun }: Trial = {}): Promise<Cancelling> {
  return actOn<Cancelling>(home, meant, 'cancel', (seen) => {
    if (seen.state === 'completed' || seen.state === 'dead')
      throw forbidden('cancel', seen, `it is ${shownState(seen.state)} already`)
    if (dryRun) return readWhole(seen, 'cancel')
    if (seen.state === 'processing') return tellToEnd(home, seen, reason)
    return change(home, seen, 'dead', nowMs() * 1000, (old) => cancelled(old, reason, nowMs()))
  })
}

/** Undefined: its run has not begun, or has ended. */
function tellToEnd(home: Home, seen: Sighting, reason: string): Cancelling | undefined {
  const { id } = seen.name
  const job = readWhole(seen, 'cancel')
  if (job === undefined || job.runs === 0) return undefined
  writeNote(home, id, job.runs, { why: 'cancel', reason })
  ringHolder(dirname(seen.path))
  ring(home)
  const watched = holders(home).some((holder) => holder.name === seen.holder && holder.life !== 'dead')
  return { ending: id, run: job.runs, watched }
}
