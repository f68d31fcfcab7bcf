/**
 * Changes that an operator makes to a job: take it, stamp it, put it down. Safe against a worker that wants it at the
 * same moment: one of the two renames wins, and the loser looks again.
 */
import { join } from 'node:path'
import { sleep } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { type Job, printJob } from '../job/job.ts'
import { formatName } from '../job/file-name.ts'
import { move, stamp } from '../disk/files.ts'
import { readJobOrThrow, type JobFile, jobFileAt } from '../spool/scan.ts'
import { type Durability, flushDir, flushesMoves, flushesRecords } from '../disk/sync.ts'
import { type Home, STATE_DIR } from '../spool/layout.ts'
import { holderOf, takeAsOperator } from '../spool/holders.ts'
import { resolveJob, type JobRefOrId } from '../query/resolve.ts'
import { type Reservation, reserve } from '../spool/reservation.ts'

/** How often an operator looks again for a job that keeps moving. */
const MAX_TRIES = 100
/** How long (ms) he leaves a job alone that another has in hand. */
const PAUSE_MS = 20

/**
 * Takes a sighted job into hands of our own. Undefined: it has moved on, or somebody alive has it in hand; then a
 * pause has been made. From him it must not be taken: only the rename of a whole directory keeps its owner from
 * stamping, and a single file would come back by his hand.
 */
export async function take(home: Home, file: JobFile): Promise<ReturnType<typeof takeAsOperator>> {
  if (await pauseIfHeld(home, file)) return undefined
  return takeAsOperator(home, STATE_DIR[file.state], file.path, file.fileName)
}

/** Is somebody alive busy with it? Then a pause has been made. */
export async function pauseIfHeld(home: Home, file: JobFile): Promise<boolean> {
  if (!hasLiveHolder(home, file)) return false
  await sleep(PAUSE_MS)
  return true
}

export const hasLiveHolder = (home: Home, { holder }: JobFile): boolean =>
  holder !== undefined && holderOf(home, holder)?.life !== 'dead'

/**
 * Looks for a job and acts on it, again until the act says what came of it: undefined means that the job had moved on.
 * What another command changes at this moment is waited for.
 */
export async function actOn<T>(
  home: Home,
  target: JobRefOrId,
  doing: string,
  act: (file: JobFile) => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const id = typeof target === 'string' ? target : target.id
  let known = typeof target === 'string' ? undefined : jobFileAt(home, target.path, target.state)
  for (let looks = 0; looks < MAX_TRIES; looks++) {
    const file: JobFile = known ?? resolveJob(home, id, doing)
    known = undefined
    if (file.state !== 'processing' && hasLiveHolder(home, file)) {
      await sleep(PAUSE_MS)
      continue
    }
    const result = await act(file)
    if (result !== undefined) return result
  }
  throw new QueueError('FAILED', `cannot ${doing} ${id}: it keeps moving`, 'try again')
}

/** What a change of many jobs may be asked to be: only tried. */
export interface DryRunOption {
  /** Check what would be checked, and change nothing. */
  readonly dryRun?: boolean
}

/** How a change is made. */
export interface ChangeOptions extends DryRunOption {
  readonly durability?: Durability
}

/** The state forbids it. */
export const wrongState = (doing: string, { name }: JobFile, why: string, hint?: string): QueueError =>
  new QueueError('WRONG_STATE', `cannot ${doing} ${name.id}: ${why}`, hint)

interface OperatorChange {
  readonly doing: string
  readonly to: 'pending' | 'dead'
  /** Milliseconds, for the name it gets. */
  readonly due: number
  readonly record: (job: Job) => Job
  readonly durability: Durability
}

/** Takes a job, changes its record and puts it down. Undefined: it moved on before we had it. */
export async function changeRecord(home: Home, file: JobFile, how: OperatorChange): Promise<Job | undefined> {
  const { doing, to, durability } = how
  const taken = await take(home, file)
  if (!taken) return undefined
  let reservation: Reservation | undefined
  try {
    const job = readJobOrThrow(file, doing, taken.path)
    if (job === undefined) return undefined
    // A dropped file that no worker has taken in: its id is not its own yet.
    if (file.dropped) reservation = reserve(home, job.id)
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
    move(taken.path, file.path)
    reservation?.giveUp()
    throw error
  } finally {
    taken.done()
  }
}
