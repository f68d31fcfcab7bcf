/** Adds jobs as anyone writes them: reads each request in whatever words, then enqueues it. */
import { nowMs } from '../clock.ts'
import { QueueError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import { readForeign, withReadAs } from '../job/spelling.ts'
import type { Home } from '../spool/layout.ts'
import { queueRetries } from '../spool/queue-files.ts'
import { enqueueJob, enqueueJobs } from './enqueue.ts'

/** One job, on disk when this returns. @throws QueueError INVALID_JOB, DUPLICATE_JOB, BROKEN_CONFIG, DISK_FULL, NOT_WRITABLE */
export function submitJob(home: Home, request: unknown): Job {
  const read = readForeign(request, nowMs())
  try {
    return enqueueJob(home, read.request, queueRetries(home))
  } catch (error) {
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
    queueRetries(home),
  )
  return results.map((result, i) =>
    isTaken(result) ? (withReadAs(result, read[i]?.warnings, 'id') as QueueError) : result,
  )
}

const isTaken = (error: unknown): boolean => error instanceof QueueError && error.code === 'DUPLICATE_JOB'
