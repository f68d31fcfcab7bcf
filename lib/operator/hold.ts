/** Holds and releases jobs. */
import { nowMs } from '../clock.ts'
import { actOn, type ChangeOptions, wrongState } from './take.ts'
import { readJobOrThrow } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import type { JobRef } from '../query/list.ts'
import type { JobRefOrId } from '../query/resolve.ts'
import { releasedTo } from '../job/record.ts'
import { doorDirOf } from '../spool/doors.ts'
import { renameJob, requireState } from './reorder.ts'
import { shownState, isAllowed } from '../job/state.ts'

/** Sets a waiting job aside: it does not run until it is released. @throws QueueError NOT_FOUND, WRONG_STATE */
export const holdJob = (home: Home, target: JobRefOrId, how: ChangeOptions = {}): Promise<JobRef> =>
  actOn(home, target, 'hold', (file) => {
    if (file.state === 'held') throw wrongState('hold', file, 'it is held already')
    requireState('hold', 'hold', file)
    return renameJob(home, file, { to: 'held', fileName: file.fileName, doing: 'hold' }, how)
  })

/** Lets a held job wait again, or run when it is due. @throws QueueError NOT_FOUND, WRONG_STATE */
export const releaseJob = (home: Home, target: JobRefOrId, how: ChangeOptions = {}): Promise<JobRef> =>
  actOn(home, target, 'release', (file) => {
    if (!isAllowed('release', file.state))
      throw wrongState('release', file, `it is not held but ${shownState(file.state)}`)
    // A file that cannot be read would be quarantined as soon as it is released.
    const job = readJobOrThrow(file, 'release')
    if (job === undefined) return undefined
    const to = file.dropped ? 'pending' : releasedTo(job, file.name.due / 1000, nowMs())
    // Its conditions are judged anew by the next worker.
    const door = file.dropped || job.runs > 0 ? undefined : doorDirOf(home, job)
    const place = door === undefined ? { to } : ({ to: 'waiting', dir: door } as const)
    return renameJob(home, file, { ...place, fileName: file.fileName, doing: 'release' }, how)
  })
