/**
 * Removing a dead job for good. The job is taken as an operator does, then its logs go, then the job: a crash at any
 * moment leaves a whole job or none.
 */
import { join } from 'node:path'
import { shownState } from '../job/job.ts'
import { actOn, forbidden, take, type Trial } from './change.ts'
import { remove, removeTree } from './files.ts'
import type { Home } from './home.ts'
import type { Meant } from './meant.ts'

/** @returns the id @throws QueueError NOT_FOUND, WRONG_STATE. */
export async function purgeJob(home: Home, meant: Meant, { dryRun }: Trial = {}): Promise<string> {
  return actOn(home, meant, 'purge', async (seen) => {
    const { id } = seen.name
    if (seen.state !== 'dead')
      throw forbidden('purge', seen, `it is not in the dead letter queue but ${shownState(seen.state)}`)
    if (dryRun) return id
    const taken = await take(home, seen)
    if (!taken) return undefined
    // If we die here: the job goes back to dead/, with whatever is left of its logs.
    removeTree(join(home.logs, id))
    remove(taken.path)
    taken.done()
    return id
  })
}
