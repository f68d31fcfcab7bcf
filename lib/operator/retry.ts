/** Runs a finished or failed job again. */
import { nowMs } from '../clock.ts'
import type { Job } from '../job/job.ts'
import { readJobOrThrow } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import type { JobRefOrId } from '../query/resolve.ts'
import { DEFAULTS } from '../config/schema.ts'
import { retriedRecord } from '../job/record.ts'
import { actOn, type ChangeOptions, changeRecord, wrongState } from './take.ts'
import { shownState, isAllowed } from '../job/state.ts'

/**
 * Moves a job to `pending/`: attempts count from zero, history and output stay.
 * @throws QueueError NOT_FOUND, WRONG_STATE
 */
export async function retryJob(
  home: Home,
  target: JobRefOrId,
  how: ChangeOptions & { readonly onlyDead?: boolean } = {},
): Promise<Job> {
  const { dryRun, onlyDead, durability = DEFAULTS.durability } = how
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
    if (dryRun) return readJobOrThrow(file, 'retry')
    return changeRecord(home, file, {
      doing: 'retry',
      to: 'pending',
      due: now,
      record: (old) => retriedRecord(old, now),
      durability,
    })
  })
}
