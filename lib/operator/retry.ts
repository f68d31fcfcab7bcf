/** Runs a finished or failed job again. */
import { nowMs } from '../clock.ts'
import type { Job } from '../job/job.ts'
import { readJobOrThrow } from '../spool/scan.ts'
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
 * Moves a job to `pending/`: attempts count from zero, history and output stay.
 * @throws QueueError NOT_FOUND, WRONG_STATE
 */
export async function retryJob(home: Home, target: JobRefOrId, how: RetryOptions = {}): Promise<Job> {
  const { dryRun, onlyDead, beside, durability = DEFAULTS.durability } = how
  return actOn(home, target, 'retry', (file) => {
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
    if (dryRun) return readJobOrThrow(file, 'retry')
    return changeRecord(home, file, {
      doing: 'retry',
      to: 'pending',
      due: now,
      record: (old) => ({ ...retriedRecord(old, now), ...(hidden ? { beside: hidden.run } : {}) }),
      durability,
    })
  })
}
