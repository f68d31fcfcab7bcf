/** Which dead jobs a command means. */
import { QueueError } from '../errors.ts'
import { shownState } from '../job/job.ts'
import type { Queue } from '../queue.ts'

/** All dead jobs, oldest first, and how many were passed over because somebody cancelled them. */
export async function deadOnes(queue: Queue, withCancelled: boolean): Promise<{ ids: string[]; passedOver: number }> {
  const dead = (await queue.list({ states: ['dead'] })).toReversed()
  const meant = dead.filter(({ job }) => withCancelled || job?.cancelled === undefined)
  return { ids: meant.map(({ id }) => id), passedOver: dead.length - meant.length }
}

/** The id of a job that must be dead. @throws QueueError NOT_FOUND, WRONG_STATE */
export async function deadOne(queue: Queue, typed: string, doing: string): Promise<string> {
  const job = await queue.get(typed)
  if (job.state === 'dead') return job.id
  throw new QueueError(
    'WRONG_STATE',
    `cannot ${doing} ${job.id}: it is not in the dead letter queue but ${shownState(job.state)}`,
  )
}

/** @throws QueueError USAGE */
export function needsIdsOrAll(doing: string, ids: readonly string[], all: boolean): void {
  if (all && ids.length > 0) throw new QueueError('USAGE', `${doing}: give ids or --all, not both`)
  if (!all && ids.length === 0)
    throw new QueueError('USAGE', `${doing}: which jobs?`, `queuectl ${doing} ID..., or --all; see: queuectl dlq list`)
}
