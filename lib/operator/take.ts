/**
 * Changes that an operator makes to a job: take it, stamp it, put it down. Safe against a worker that wants it at the
 * same moment: one of the two renames wins, and the loser looks again.
 */
import { dirname, join } from 'node:path'
import { nowMs, sleep } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { DEFAULTS, type Durability, type Job, printJob, shownState, type State } from '../job/job.ts'
import { formatName } from '../job/file-name.ts'
import { cancelled, retried } from '../job/policy.ts'
import { type Reservation, reserve } from '../spool/enqueue.ts'
import { move, stamp } from '../disk/files.ts'
import { readSighted, type Sighting, sightingAt } from '../spool/scan.ts'
import { flushDir, flushesMoves, flushesRecords } from '../disk/sync.ts'
import { type Home, PLACE_OF } from '../spool/layout.ts'
import { holderOf, takeAsOperator } from '../spool/holders.ts'
import { findOne, type Meant } from '../query/resolve.ts'
import { writeNote } from '../run/traces.ts'
import { ring, ringHolder } from '../spool/wakeup.ts'

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
const PATIENCE = 100
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
 * Looks for a job and acts on it, again until the act says what came of it: undefined means that the job had moved on.
 * What another command changes at this moment is waited for.
 */
export async function actOn<T>(
  home: Home,
  meant: Meant,
  doing: string,
  act: (seen: Sighting) => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const id = typeof meant === 'string' ? meant : meant.id
  let known = typeof meant === 'string' ? undefined : sightingAt(home, meant.path, meant.state)
  for (let looks = 0; looks < PATIENCE; looks++) {
    const seen: Sighting = known ?? findOne(home, id, doing)
    known = undefined
    if (seen.state !== 'processing' && isInHand(home, seen)) {
      await sleep(PAUSE)
      continue
    }
    const result = await act(seen)
    if (result !== undefined) return result
  }
  throw new QueueError('FAILED', `cannot ${doing} ${id}: it keeps moving`, 'try again')
}

/** What a change of many jobs may be asked to be: only tried. */
export interface Trial {
  /** Check what would be checked, and change nothing. */
  readonly dryRun?: boolean
}

/** How a change is made. */
export interface How extends Trial {
  readonly durability?: Durability
}

/** The state forbids it. */
export const forbidden = (doing: string, { name }: Sighting, why: string, hint?: string): QueueError =>
  new QueueError('WRONG_STATE', `cannot ${doing} ${name.id}: ${why}`, hint)

interface Change {
  readonly doing: string
  readonly to: 'pending' | 'dead'
  /** Milliseconds, for the name it gets. */
  readonly due: number
  readonly record: (job: Job) => Job
  readonly durability: Durability
}

/** Takes a job, changes its record and puts it down. Undefined: it moved on before we had it. */
async function change(home: Home, seen: Sighting, how: Change): Promise<Job | undefined> {
  const { doing, to, durability } = how
  const taken = await take(home, seen)
  if (!taken) return undefined
  let reservation: Reservation | undefined
  try {
    const job = readWhole(seen, doing, taken.path)
    if (job === undefined) return undefined
    // A dropped file that no worker has taken in: its id is not its own yet.
    if (seen.foreign) reservation = reserve(home, job.id)
    const next = how.record(job)
    const name = formatName({ priority: next.priority, due: how.due * 1000, id: next.id, queue: next.queue })
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

const RETRIABLE: readonly State[] = ['dead', 'failed', 'completed']

/**
 * Sends a failed or dead job back to run again: attempts from zero, history and logs kept.
 * @throws QueueError NOT_FOUND, WRONG_STATE.
 */
export async function retryJob(
  home: Home,
  meant: Meant,
  how: How & { readonly onlyDead?: boolean } = {},
): Promise<Job> {
  const { dryRun, onlyDead, durability = DEFAULTS.durability } = how
  return actOn(home, meant, 'retry', (seen) => {
    const now = nowMs()
    const state = shownState(seen.state)
    if (onlyDead && seen.state !== 'dead')
      throw forbidden('retry', seen, `it is not in the dead letter queue but ${state}`)
    if (!RETRIABLE.includes(seen.state))
      throw forbidden(
        'retry',
        seen,
        `it is ${state}`,
        seen.state === 'held' ? `release it: queuectl release ${seen.name.id}` : undefined,
      )
    if (dryRun) return readWhole(seen, 'retry')
    return change(home, seen, {
      doing: 'retry',
      to: 'pending',
      due: now,
      record: (old) => retried(old, now),
      durability,
    })
  })
}

/** What became of a cancelled job: it is dead, or its run has been told to end. */
export type Cancelling = Job | { readonly ending: string; readonly run: number; readonly watched: boolean }

/**
 * Cancels a job in any state but a final one. A running one is asked to end: by a note that its worker acts upon.
 * @returns the dead job, or `ending` when its run has been told to end
 */
export async function cancelJob(home: Home, meant: Meant, reason: string, how: How = {}): Promise<Cancelling> {
  const { dryRun, durability = DEFAULTS.durability } = how
  return actOn<Cancelling>(home, meant, 'cancel', async (seen) => {
    const { id } = seen.name
    if (seen.state === 'completed' || seen.state === 'dead')
      throw forbidden('cancel', seen, `it is ${shownState(seen.state)} already`)
    if (dryRun) return readWhole(seen, 'cancel')
    if (seen.state === 'processing') {
      const job = readWhole(seen, 'cancel')
      if (job === undefined) return undefined
      // Claimed and not begun: it will be soon; and what nobody alive holds is ours to take.
      if (job.runs > 0) {
        writeNote(home, id, job.runs, { why: 'cancel', reason })
        ringHolder(dirname(seen.path))
        ring(home)
        return { ending: id, run: job.runs, watched: isInHand(home, seen) }
      }
    }
    const now = nowMs()
    return change(home, seen, {
      doing: 'cancel',
      to: 'dead',
      due: now,
      record: (old) => cancelled(old, reason, now),
      durability,
    })
  })
}
