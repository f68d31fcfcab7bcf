/** Brings back the jobs that were cancelled because of a job that is retried now. */
import { nowMs } from '../clock.ts'
import { withoutResult } from '../job/record.ts'
import { isoTime } from '../job/time.ts'
import { remove } from '../disk/files.ts'
import type { Durability } from '../disk/sync.ts'
import { cancelledAt, doorPath, hintPath } from '../spool/doors.ts'
import type { Home } from '../spool/layout.ts'
import { findExact } from '../spool/lookup.ts'
import { readJobFile } from '../spool/scan.ts'
import { ring } from '../spool/wakeup.ts'
import { changeRecord } from './take.ts'

/**
 * Called once the parent has been moved. A worker that cancels a child at the same time has put its hint there before, or
 * finds the parent alive.
 * @returns the ids of those that wait again, and of those that wait for these
 */
export async function reviveChildren(home: Home, parent: string, durability: Durability): Promise<string[]> {
  const revived: string[] = []
  for (const id of cancelledAt(home, parent)) {
    const file = findExact(home, id)
    const isOurs = file?.state === 'dead' && readJobFile(file)?.job?.cancelled?.because === parent
    if (file && isOurs) {
      const now = nowMs()
      const job = await changeRecord(home, file, {
        doing: 'bring back',
        to: 'waiting',
        dir: doorPath(home, parent),
        due: now,
        record: (old) => ({ ...withoutResult(old), state: 'waiting', updated_at: isoTime(now) }),
        durability,
      })
      if (job) revived.push(id, ...(await reviveChildren(home, id, durability)))
    }
    // If we die before this: a hint to a job that waits again, which the next retry removes.
    remove(hintPath(home, parent, id))
  }
  if (revived.length > 0) ring(home)
  return revived
}
