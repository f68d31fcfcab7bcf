/** How the key of a job stands in the name of its file: jobs of one key run one after the other, or as many as allowed. Pure. */
import { QueueError } from '../errors.ts'
import { formatName, LONGEST_LABEL } from './file-name.ts'
import type { Job } from './job.ts'

/** What can stand in a name as it is. */
const PLAIN = /^[A-Za-z0-9][\w.-]*$/
/** Such a slug is made by us: of a key that cannot stand in a name, or, some day, of other things. */
const OURS = /^x[0-9a-f]{12}$|^[bns]\.|--|\.json$/

/** So long is what a key becomes that cannot stand in a name: `x` and 12 digits. */
const HASHED = 13
/** Queue and slug together. */
const ROOM = LONGEST_LABEL - '--'.length
const LONGEST_QUEUE = ROOM - HASHED

/**
 * What stands for the key in the name of a job's file, after the queue; undefined: it has none.
 * @throws QueueError INVALID_JOB when it cannot stand after the queue's name
 */
export function slugOf({ queue, key }: Pick<Job, 'queue' | 'key'>): string | undefined {
  if (key === undefined) return undefined
  if (queue.length > LONGEST_QUEUE || queue.endsWith('-'))
    throw new QueueError(
      'INVALID_JOB',
      `invalid job: key: ${queue} cannot have jobs with keys: such a queue's name has at most ${LONGEST_QUEUE} characters and does not end in a dash`,
    )
  const isPlain = PLAIN.test(key) && !OURS.test(key) && queue.length + key.length <= ROOM
  return isPlain ? key : `x${hashOf(key).slice(0, HASHED - 1)}`
}

/** The name of a job's file. @param due in microseconds; @param slug where its present name says more than its record */
export const fileNameOf = (job: Job, due: number, slug = slugOf(job)): string =>
  formatName({ priority: job.priority, due, id: job.id, queue: job.queue, slug })

// Not imported: the module takes 2 ms of every start.
const hashOf = (key: string): string =>
  process.getBuiltinModule('node:crypto').createHash('sha256').update(key).digest('hex')
