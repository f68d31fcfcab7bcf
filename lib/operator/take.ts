/**
 * How an operator changes a job: take it, stamp it, move it. When a worker claims the job at the same time, one of the two
 * renames wins, and the loser searches again.
 */
import { join } from 'node:path'
import { sleep } from '../clock.ts'
import { QueueError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import { fileNameOf } from '../job/key.ts'
import { printJob } from '../job/print.ts'
import { move, stamp } from '../disk/files.ts'
import { readJobOrThrow, type JobFile, jobFileAt } from '../spool/scan.ts'
import { type Durability, flushDir, flushesMoves, flushesRecords } from '../disk/sync.ts'
import { type Home, STATE_DIR } from '../spool/layout.ts'
import { moveOut } from '../spool/transitions.ts'
import { holderOf, takeAsOperator } from '../spool/holders.ts'
import { resolveJob, type JobRefOrId } from '../query/resolve.ts'
import { type Reservation, reserve } from '../spool/reservation.ts'

/** How often to search for a job that keeps moving. */
const MAX_TRIES = 100
/** How long (ms) to wait for a holder that is alive. */
const PAUSE_MS = 20

/**
 * Takes a job as an operator; undefined when it has moved, or a live holder has it (after a pause). Never take a single
 * file from a live holder: its next stamp would recreate it. Only renaming its directory fences it.
 */
export async function take(home: Home, file: JobFile): Promise<ReturnType<typeof takeAsOperator>> {
  if (await pauseIfHeld(home, file)) return undefined
  return takeAsOperator(home, STATE_DIR[file.state], file.path, file.fileName)
}

/** Pauses if the job has a live holder. @returns whether it has */
export async function pauseIfHeld(home: Home, file: JobFile): Promise<boolean> {
  if (!hasLiveHolder(home, file)) return false
  await sleep(PAUSE_MS)
  return true
}

/** Is the job held by a worker or command that is not known to be dead? */
export const hasLiveHolder = (home: Home, { holder }: JobFile): boolean =>
  holder !== undefined && holderOf(home, holder)?.life !== 'dead'

/**
 * Finds a job and acts on it; again while `act` returns undefined, which means that the job had moved. Waits for another
 * command that holds the job.
 * @throws QueueError NOT_FOUND; USAGE when several jobs match; FAILED when the job keeps moving
 */
export async function actOn<T>(
  home: Home,
  target: JobRefOrId,
  doing: string,
  act: (file: JobFile) => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const id = typeof target === 'string' ? target : target.id
  let known = typeof target === 'string' ? undefined : jobFileAt(home, target.path, target.state)
  for (let tries = 0; tries < MAX_TRIES; tries++) {
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

export interface DryRunOption {
  /** Make all checks, and change nothing. */
  readonly dryRun?: boolean
}

export interface ChangeOptions extends DryRunOption {
  readonly durability?: Durability
}

export const wrongState = (doing: string, { name }: JobFile, why: string, hint?: string): QueueError =>
  new QueueError('WRONG_STATE', `cannot ${doing} ${name.id}: ${why}`, hint)

interface OperatorChange {
  readonly doing: string
  readonly to: 'pending' | 'dead' | 'waiting'
  /** The directory it goes to; default: that of the state. */
  readonly dir?: string
  /** Milliseconds since the epoch, for its new name. */
  readonly due: number
  readonly record: (job: Job) => Job
  /** Done while the job is in our hands, before it is changed. */
  readonly first?: () => void
  readonly durability: Durability
}

/** Takes a job, changes its record and moves it; undefined when it had moved before we took it. */
export async function changeRecord(home: Home, file: JobFile, how: OperatorChange): Promise<Job | undefined> {
  const { doing, to, durability, dir = home[to] } = how
  const taken = await take(home, file)
  if (!taken) return undefined
  let reservation: Reservation | undefined
  try {
    const job = readJobOrThrow(file, doing, taken.path)
    if (job === undefined) return undefined
    // A dropped file does not own its id yet.
    if (file.dropped) reservation = reserve(home, job.id, taken.path)
    how.first?.()
    const next = how.record(job)
    const name = fileNameOf(next, how.due * 1000, file.name.slug)
    const isStamped = await stamp(taken.path, printJob(next), flushesRecords(durability))
    if (!isStamped || !moveOut(home, taken.path, join(dir, name), next)) {
      reservation?.giveUp()
      return undefined
    }
    reservation?.use()
    reservation = undefined
    if (flushesMoves(durability)) await flushDir(dir)
    return next
  } catch (error) {
    // No other process puts it back while we live.
    move(taken.path, file.path)
    reservation?.giveUp()
    throw error
  } finally {
    taken.done()
  }
}
