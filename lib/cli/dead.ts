/** Which dead jobs a command means. */
import { QueueError } from '../errors.ts'
import { shownState } from '../job/job.ts'
import type { Queue } from '../queue.ts'

/** The id of a job that must be dead. @throws QueueError NOT_FOUND, WRONG_STATE */
export async function deadOne(queue: Queue, typed: string, doing: string): Promise<string> {
  const job = await queue.get(typed)
  if (job.state === 'dead') return job.id
  throw new QueueError(
    'WRONG_STATE',
    `cannot ${doing} ${job.id}: it is not in the dead letter queue but ${shownState(job.state)}`,
  )
}
