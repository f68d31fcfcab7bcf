/**
 * Changes that an operator makes to a job: take it, stamp it, put it down. Safe against a worker that wants it at the
 * same moment: one of the two renames wins, and the loser looks again.
 */
import { dirname, join } from 'node:path'
import { nowMs, sleep } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { DEFAULTS, type Durability, type Job, printJob, shownState } from '../job/job.ts'
import { formatName } from '../job/name.ts'
import { cancelled, retried } from '../job/policy.ts'
import { type Reservation, reserve } from './enqueue.ts'
import { move, stamp } from './files.ts'
import { findMeant, readSighted, type Sighting } from './find.ts'
import { flushDir, flushesMoves, flushesRecords } from './flush.ts'
import { type Home, PLACE_OF } from './home.ts'
import { holderOf, takeAsOperator } from './holders.ts'
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

/**
 * Reads a sighted job, which may lie elsewhere by now; undefined when it has moved on.
 * @throws QueueError when its file cannot be understood.
 */
export function readWhole(seen: Sighting, doing: string, path: string = seen.path): Job | undefined {
  const content = readSighted({ ...seen, path })
  if (content === undefined || content.job) return content?.job
  throw new QueueError(
    'FAILED',
    `cannot ${doing} ${seen.name.id}: its file ${seen.path} cannot be read: ${content.unreadable}`,
    'mend it with an editor',
  )
}

/** How often an operator looks again for a job that keeps moving. */
export const PATIENCE = 100
/** How long (ms) he leaves a job alone that another has in hand. */
const PAUSE = 20

/**
 * Takes a sighted job into hands of our own. Undefined: it has moved on, or somebody alive has it in hand; then a
 * pause has been made. From him it must not be taken: only the rename of a whole directory keeps its owner from
 * stamping, and a single file would come back by his hand.
 */
export async function take(home: Home, seen: Sighting): Promise<ReturnType<typeof takeAsOperator>> {
  if (await isInOthersHand(home, seen)) return undefined
  return takeAsOperator(home, PLACE_OF[seen.state], seen.path, seen.fileName)
}

/** Is somebody alive busy with it? Then a pause has been made. */
export async function isInOthersHand(home: Home, seen: Sighting): Promise<boolean> {
  if (!isInHand(home, seen)) return false
  await sleep(PAUSE)
  return true
}

const isInHand = (home: Home, { holder }: Sighting): boolean =>
  holder !== undefined && holderOf(home, holder)?.life !== 'dead'

/**
 * Takes a job, changes its record and puts it down in `to`. Undefined: it moved on before we had it.
 * @param due microseconds, for the name it gets
 */
async function change(
  home: Home,
  seen: Sighting,
  doing: string,
  to: 'pending' | 'dead',
  due: number,
  record: (job: Job) => Job,
  durability: Durability,
): Promise<Job | undefined> {
  const taken = await take(home, seen)
  if (!taken) return undefined
  let reservation: Reservation | undefined
  try {
    const job = readWhole(seen, doing, taken.path)
    if (job === undefined) return undefined
    // A dropped file that no worker has taken in: its id is not its own yet.
    if (seen.foreign) reservation = reserve(home, job.id)
    const next = record(job)
    const name = formatName({ priority: next.priority, due, id: next.id, queue: next.queue })
    const isStamped = await stamp(taken.path, printJob(next), flushesRecords(durability))
    if (!isStamped || !move(taken.path, join(home[to], name))) {
      reservation?.giveUp()
      return undefined
    }
    reservation?.use()
    reservation = undefined
    if (flushesMoves(durability)) await flushDir(home[to])
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

/**
 * Sends a failed or dead job back to run again: attempts from zero, history and logs kept.
 * @throws QueueError NOT_FOUND, WRONG_STATE.
 */
export async function retryJob(
  home: Home,
  text: string,
  only?: 'dead',
  durability: Durability = DEFAULTS.durability,
): Promise<Job> {
  for (let looks = 0; looks < PATIENCE; looks++) {
    const seen = findOne(home, text, 'retry')
    const { id } = seen.name
    if (only && seen.state !== only)
      throw new QueueError(
        'WRONG_STATE',
        `cannot retry ${id}: it is not in the dead letter queue but ${shownState(seen.state)}`,
      )
    if (seen.state !== 'dead' && seen.state !== 'failed' && seen.state !== 'completed')
      throw new QueueError(
        'WRONG_STATE',
        `cannot retry ${id}: it is ${shownState(seen.state)}`,
        seen.state === 'held' ? `release it first: mv its file from hold/ to pending/` : undefined,
      )
    const job = await change(home, seen, 'retry', 'pending', nowMs() * 1000, (old) => retried(old, nowMs()), durability)
    if (job) return job
  }
  throw new QueueError('FAILED', `cannot retry ${text}: it keeps moving`, 'try again')
}

/**
 * Cancels a job in any state but a final one. A running one is asked to end: by a note that its worker acts upon.
 * @returns the dead job, or `ending` when its run has been told to end
 */
export async function cancelJob(
  home: Home,
  text: string,
  reason: string,
  durability: Durability = DEFAULTS.durability,
): Promise<Job | { readonly ending: string; readonly run: number; readonly watched: boolean }> {
  for (let looks = 0; looks < PATIENCE; looks++) {
    const seen = findOne(home, text, 'cancel')
    const { id } = seen.name
    if (seen.state === 'completed' || seen.state === 'dead')
      throw new QueueError('WRONG_STATE', `cannot cancel ${id}: it is ${shownState(seen.state)} already`)
    if (seen.state === 'processing') {
      const job = readWhole(seen, 'cancel')
      if (job === undefined) continue
      // Claimed and not begun: it will be soon; and what nobody alive holds is ours to take.
      if (job.runs > 0) {
        writeNote(home, id, job.runs, { why: 'cancel', reason })
        ringHolder(dirname(seen.path))
        ring(home)
        return { ending: id, run: job.runs, watched: isInHand(home, seen) }
      }
    }
    const job = await change(
      home,
      seen,
      'cancel',
      'dead',
      nowMs() * 1000,
      (old) => cancelled(old, reason, nowMs()),
      durability,
    )
    if (job) return job
  }
  throw new QueueError('FAILED', `cannot cancel ${text}: it keeps moving`, 'try again')
}
