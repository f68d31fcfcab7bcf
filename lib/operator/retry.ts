/** Sends a finished or failed job back to run again. */
import { nowMs } from '../clock.ts'
import { type Job, shownState, type State } from '../job/job.ts'
import { readWhole } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import type { Meant } from '../query/resolve.ts'
import { DEFAULTS } from '../config/schema.ts'
import { retried } from '../job/record.ts'
import { actOn, change, forbidden, type How } from './take.ts'

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
