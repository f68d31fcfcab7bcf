/** Adds jobs: reads each request, writes its file, records the event. */
import { readConfig } from '../config/file.ts'
import { QueueError } from '../errors.ts'
import type { Job, JobRequest } from '../job/job.ts'
import { newRequest } from '../job/new-request.ts'
import { type Event, recordEvents } from '../journal/journal.ts'
import { enqueueMany, enqueueOne } from '../spool/enqueue.ts'
import type { Home } from '../spool/layout.ts'

/** One job, on disk when this returns. @throws QueueError INVALID_JOB, DUPLICATE_JOB, BAD_CONFIG, DISK_FULL, NOT_WRITABLE */
export function enqueueJob(home: Home, request: JobRequest): Job {
  const job = enqueueOne(home, withCwd(newRequest(request)), readConfig(home))
  recordEvents(home, [enqueuedEvent(job)])
  return job
}

/** Many jobs with one flush. @returns for each request its job, or why that one was refused */
export function enqueueJobs(home: Home, requests: readonly JobRequest[]): (Job | QueueError)[] {
  const jobs = requests.map((request) => withCwd(newRequest(request)))
  const results = enqueueMany(home, jobs, readConfig(home))
  const events = results.flatMap((result) => (result instanceof QueueError ? [] : [enqueuedEvent(result)]))
  recordEvents(home, events)
  return results
}

/** A job without a working directory gets the one of this process. */
const withCwd = (request: JobRequest): JobRequest => ({ ...request, cwd: request.cwd ?? process.cwd() })

/** The event of a new job, with its due time if it is scheduled. */
const enqueuedEvent = ({ id, state, run_at: due }: Job): Omit<Event, 'at'> => ({
  event: 'enqueued',
  job: id,
  ...(state === 'scheduled' && due !== undefined ? { due } : {}),
})
