/** Runs a finished or failed job again. */
import { nowMs } from '../clock.ts'
import type { Job } from '../job/job.ts'
import { adviceFor, conditionsOf, doorOf, judge, metOf, type Standing } from '../job/after.ts'
import { hasKey, NotUnique } from '../spool/not-unique.ts'
import type { Reservation } from '../spool/reservation.ts'
import { takeKey } from '../spool/unique.ts'
import { flushesRecords } from '../disk/sync.ts'
import { blockOf, cancelledAt, doorPath, dropHint, stateOfParent } from '../spool/doors.ts'
import { type JobFile, readJobOrThrow } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import type { JobRefOrId } from '../query/resolve.ts'
import { DEFAULTS } from '../config/schema.ts'
import { retriedRecord } from '../job/record.ts'
import { heldSentence, lifeOf, processesOf } from '../run/run-life.ts'
import { runPaths } from '../run/paths.ts'
import { readMark, tracedRuns } from '../run/traces.ts'
import { actOn, type ChangeOptions, changeRecord, wrongState } from './take.ts'
import { shownState, isAllowed } from '../job/state.ts'

export interface RetryOptions extends ChangeOptions {
  readonly onlyDead?: boolean
  /** A person's word that the job may run beside what may be alive of an earlier run and is not visible. */
  readonly beside?: boolean
  /** Run it although another job has its unique key. */
  readonly force?: boolean
  /** Run it although a job that it waits for has not ended as it must. */
  readonly waive?: boolean
  /** Leave the jobs that were cancelled because of it dead, also when it is retried again. */
  readonly alone?: boolean
}

/** The last run under this id of which something may be alive that cannot be ended because it is not seen. */
function hiddenRun(home: Home, id: string): { readonly run: number; readonly why: string } | undefined {
  for (const run of tracedRuns(home, id).reverse()) {
    const paths = runPaths(home, id, run)
    const { mark } = readMark(paths)
    if (lifeOf(paths, mark, true) !== 'over' && processesOf(paths, mark).length === 0)
      return { run, why: heldSentence(paths, run) }
  }
  return undefined
}

/**
 * What a job that has never run still waits for; undefined when it has run, or waits for nothing.
 * @throws QueueError WRONG_STATE when a job that it waits for has ended otherwise than it must
 */
function standingOf(
  home: Home,
  file: JobFile,
  job: Job,
): Exclude<Standing, { readonly kind: 'impossible' }> | undefined {
  if (job.runs > 0 || doorOf(job) === undefined) return undefined
  const standing = judge(job, (parent) => stateOfParent(home, parent))
  if (standing.kind !== 'impossible') return standing
  const block = blockOf(home, job)
  // It has been retried since: look again.
  if (!block) return standingOf(home, file, job)
  throw wrongState(
    'retry',
    file,
    `it waits for ${block.because}, which is ${block.is}`,
    adviceFor(job.id, block).join('; or '),
  )
}

/** Takes the unique key of a job anew. @throws QueueError WRONG_STATE when another job has it */
function keyOf(home: Home, file: JobFile, job: Job, durable: boolean): Reservation | undefined {
  if (!hasKey(job)) return undefined
  try {
    return takeKey(home, job, { durable })
  } catch (error) {
    if (!(error instanceof NotUnique)) throw error
    throw wrongState(
      'retry',
      file,
      `its unique key ${job.unique} is taken by ${error.job.id}`,
      `to run it all the same: queuectl retry --force ${job.id}`,
    )
  }
}

/**
 * Moves a job to `pending/`: attempts count from zero, history and output stay.
 * @throws QueueError NOT_FOUND, WRONG_STATE
 */
export async function retryJob(home: Home, target: JobRefOrId, how: RetryOptions = {}): Promise<Job> {
  const { dryRun, onlyDead, beside, waive, alone, force, durability = DEFAULTS.durability } = how
  return actOn(home, target, 'retry', async (file) => {
    const now = nowMs()
    const state = shownState(file.state)
    if (onlyDead && file.state !== 'dead')
      throw wrongState('retry', file, `it is not in the dead letter queue but ${state}`)
    if (!isAllowed('retry', file.state))
      throw wrongState(
        'retry',
        file,
        `it is ${state}`,
        file.state === 'held' ? `release it: queuectl release ${file.name.id}` : undefined,
      )
    const hidden = file.dropped ? undefined : hiddenRun(home, file.name.id)
    if (hidden && !beside)
      throw wrongState(
        'retry',
        file,
        hidden.why,
        `if you know that it may run beside it: queuectl retry --beside ${file.name.id}`,
      )
    const job = readJobOrThrow(file, 'retry')
    if (job === undefined) return undefined
    const standing = waive ? undefined : standingOf(home, file, job)
    if (dryRun) return job
    const key = force ? undefined : keyOf(home, file, job, flushesRecords(durability))
    const met = waive ? conditionsOf(job).map((one) => one.job) : standing?.met
    const place =
      standing?.kind === 'waits' ? ({ to: 'waiting', dir: doorPath(home, standing.at) } as const) : undefined
    const because = job.cancelled?.because
    // While it is in our hands no worker sees it alive, and brings them back.
    // If we die after this: it is dead as before, and they stay dead when it is retried.
    const letGo = (): void => cancelledAt(home, job.id).forEach((child) => dropHint(home, job.id, child))
    const retried = await changeRecord(home, file, {
      doing: 'retry',
      ...(alone ? { first: letGo } : {}),
      ...(place ?? { to: 'pending' as const }),
      due: now,
      record: (old) => ({
        ...retriedRecord(old, now),
        ...(place ? { state: place.to } : {}),
        ...metOf(met),
        ...(hidden ? { beside: hidden.run } : {}),
      }),
      durability,
    })
    if (retried) key?.use()
    else key?.giveUp()
    // If we die before this: a hint to a job that is not dead, which does nothing.
    if (retried && because !== undefined) dropHint(home, because, job.id)
    return retried
  })
}
