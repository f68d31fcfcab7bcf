/**
 * Removing a dead job for good. The job is taken as an operator does, then its logs go, then the job: a crash at any
 * moment leaves a whole job or none.
 */
import { join } from 'node:path'
import { QueueError } from '../errors.ts'
import { shownState } from '../job/job.ts'
import { findOne, PATIENCE, take } from './change.ts'
import { remove, removeTree } from './files.ts'
import type { Home } from './home.ts'

/** @throws QueueError NOT_FOUND, WRONG_STATE. */
export async function purgeJob(home: Home, text: string): Promise<string> {
  for (let looks = 0; looks < PATIENCE; looks++) {
    const seen = findOne(home, text, 'purge')
    const { id } = seen.name
    if (seen.state !== 'dead')
      throw new QueueError(
        'WRONG_STATE',
        `cannot purge ${id}: it is not in the dead letter queue but ${shownState(seen.state)}`,
      )
    const taken = await take(home, seen)
    if (!taken) continue
    // If we die here: the job goes back to dead/, with whatever is left of its logs.
    removeTree(join(home.logs, id))
    remove(taken.path)
    taken.done()
    return id
  }
  throw new QueueError('FAILED', `cannot purge ${text}: it keeps moving`, 'try again')
}
