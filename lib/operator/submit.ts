/** Adds jobs as anyone writes them: reads each request in whatever words, then enqueues it. */
import { nowMs } from '../clock.ts'
import { QueueError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import { slugOf } from '../job/key.ts'
import { readForeign, withReadAs } from '../job/spelling.ts'
import type { Home } from '../spool/layout.ts'
import { queueRetries } from '../spool/queue-files.ts'
import { NotUnique } from '../spool/not-unique.ts'
import { takeKey } from '../spool/unique.ts'
import { enqueueJob, enqueueJobs } from './enqueue.ts'

/** One job, on disk when this returns. @throws QueueError INVALID_JOB, DUPLICATE_JOB, BROKEN_CONFIG, DISK_FULL, NOT_WRITABLE */
export function submitJob(home: Home, request: unknown): Job {
  const read = readForeign(request, nowMs())
  try {
    return enqueueJob(home, read.request, { retriesOf: queueRetries(home), takeKey, slugOf })
  } catch (error) {
    if (error instanceof NotUnique && read.request.on_conflict !== 'reject') return answered(error)
    throw isTaken(error) ? withReadAs(error, read.warnings, 'id') : error
  }
}

/** Many jobs with one flush. @returns for each request its job, or why that one was refused */
export function submitJobs(home: Home, requests: readonly unknown[]): (Job | QueueError)[] {
  const now = nowMs()
  const read = requests.map((request) => readForeign(request, now))
  const results = enqueueJobs(
    home,
    read.map(({ request }) => request),
    { retriesOf: queueRetries(home), takeKey, slugOf },
  )
  return results.map((result, i) => {
    if (result instanceof NotUnique && read[i]?.request.on_conflict !== 'reject') return answered(result)
    return isTaken(result) ? (withReadAs(result, read[i]?.warnings, 'id') as QueueError) : result
  })
}

/** The answer to a request whose key is taken: the job that has it. */
const answered = ({ job }: NotUnique): Job => ({ ...job, deduplicated: true })

const isTaken = (error: unknown): boolean =>
  error instanceof QueueError && error.code === 'DUPLICATE_JOB' && !(error instanceof NotUnique)
