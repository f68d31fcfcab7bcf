/**
 * Changes that an operator makes to a job: take it, stamp it, put it down. Safe against a worker that wants it at the
 * same moment: one of the two renames wins, and the loser looks again.
 */
import { dirname, join } from 'node:path'
import { nowMs } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { DEFAULTS, type Durability, type Job, printJob, shownState } from '../job/job.ts'
import { formatName } from '../job/name.ts'
import { cancelled, retried } from '../job/policy.ts'
import { move, stamp } from './files.ts'
import { findMeant, readSighted, type Sighting } from './find.ts'
import { flushDir, flushesMoves, flushesRecords } from './flush.ts'
import { type Home, PLACE_OF } from './home.ts'
import { holders, takeAsOperator } from './holders.ts'
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

/**
 * Takes a job, changes its record and puts it down in `to`. Undefined: it moved on before we had it.
 * @param due microseconds, for the name it gets
 */
async function change(
  home: Home,
  seen: Sighting,
  to: 'pending' | 'dead',
  due: number,
  record: (job: Job) => Job,
  durability: Durability,
): Promise<Job | undefined> {
  const taken = takeAsOperator(home, PLACE_OF[seen.state], seen.path, seen.fileName)
  if (!taken) return undefined
  try {
    const job = readWhole({ ...seen, path: taken.path }, 'change')
    if (job === undefined) return undefined
    const next = record(job)
    if (!(await stamp(taken.path, printJob(next), flushesRecords(durability)))) return undefined
    const name = formatName({ priority: next.priority, due, id: next.id, queue: next.queue })
    if (!move(taken.path, join(home[to], name))) return undefined
    if (flushesMoves(durability)) await flushDir(home[to])
    return next
  } finally {
    taken.done()
  }
}

/** How often an operator looks again for a job that keeps moving. */
const PATIENCE = 20

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
    const job = await change(home, seen, 'pending', nowMs() * 1000, (old) => retried(old, nowMs()), durability)
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
      if (job === undefined || job.runs === 0) continue
      writeNote(home, id, job.runs, { why: 'cancel', reason })
      ringHolder(dirname(seen.path))
      ring(home)
      const watched = holders(home).some((holder) => holder.name === seen.holder && holder.life !== 'dead')
      return { ending: id, run: job.runs, watched }
    }
    const job = await change(home, seen, 'dead', nowMs() * 1000, (old) => cancelled(old, reason, nowMs()), durability)
    if (job) return job
  }
  throw new QueueError('FAILED', `cannot cancel ${text}: it keeps moving`, 'try again')
}
