/** Sets a waiting job aside until a person releases it. */
import { nowMs } from '../clock.ts'
import { actOn, type ChangeOptions, wrongState } from './take.ts'
import { readJobOrThrow } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import type { JobRef } from '../query/list.ts'
import type { JobRefOrId } from '../query/resolve.ts'
import { releasedTo } from '../job/record.ts'
import { renameJob, requireState } from './reorder.ts'
import { shownState, isAllowed } from '../job/state.ts'

/** Sets a waiting job aside: nothing happens to it until it is released. @throws QueueError NOT_FOUND, WRONG_STATE */
export const holdJob = (home: Home, meant: JobRefOrId, how: ChangeOptions = {}): Promise<JobRef> =>
  actOn(home, meant, 'hold', (seen) => {
    if (seen.state === 'held') throw wrongState('hold', seen, 'it is held already')
    requireState('hold', 'hold', seen)
    return renameJob(home, seen, { to: 'held', fileName: seen.fileName, doing: 'hold' }, how)
  })

/** Puts a held job back to where it was waiting, or to run. @throws QueueError NOT_FOUND, WRONG_STATE */
export const releaseJob = (home: Home, meant: JobRefOrId, how: ChangeOptions = {}): Promise<JobRef> =>
  actOn(home, meant, 'release', (seen) => {
    if (!isAllowed('release', seen.state))
      throw wrongState('release', seen, `it is not held but ${shownState(seen.state)}`)
    // A file that cannot be read would go to corrupt/ as soon as it is released.
    const job = readJobOrThrow(seen, 'release')
    if (job === undefined) return undefined
    const to = seen.dropped ? 'pending' : releasedTo(job, seen.name.due / 1000, nowMs())
    return renameJob(home, seen, { to, fileName: seen.fileName, doing: 'release' }, how)
  })
