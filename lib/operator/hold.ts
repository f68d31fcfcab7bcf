/** Sets a waiting job aside until a person releases it. */
import { nowMs } from '../clock.ts'
import { shownState } from '../job/job.ts'
import { actOn, forbidden, type How } from './take.ts'
import { readWhole } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import type { Seen } from '../query/list.ts'
import type { Meant } from '../query/resolve.ts'
import { releasedTo } from '../job/record.ts'
import { demand, rearrange, WAITING } from './reorder.ts'

/** Sets a waiting job aside: nothing happens to it until it is released. @throws QueueError NOT_FOUND, WRONG_STATE */
export const holdJob = (home: Home, meant: Meant, how: How = {}): Promise<Seen> =>
  actOn(home, meant, 'hold', (seen) => {
    if (seen.state === 'held') throw forbidden('hold', seen, 'it is held already')
    demand(WAITING, 'hold', seen)
    return rearrange(home, seen, 'held', seen.fileName, 'hold', how)
  })

/** Puts a held job back to where it was waiting, or to run. @throws QueueError NOT_FOUND, WRONG_STATE */
export const releaseJob = (home: Home, meant: Meant, how: How = {}): Promise<Seen> =>
  actOn(home, meant, 'release', (seen) => {
    if (seen.state !== 'held') throw forbidden('release', seen, `it is not held but ${shownState(seen.state)}`)
    // A file that cannot be read would go to corrupt/ as soon as it is released.
    const job = readWhole(seen, 'release')
    if (job === undefined) return undefined
    const to = seen.foreign ? 'pending' : releasedTo(job, seen.name.due / 1000, nowMs())
    return rearrange(home, seen, to, seen.fileName, 'release', how)
  })
