/** Adds jobs: writes the file of each request, which has been read, and records the event. */
import { readConfig } from '../config/file.ts'
import { QueueError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import type { NewRequest } from '../job/parse.ts'
import { type Event, recordEvents } from '../journal/journal.ts'
import { findMatches, mayBeShort } from '../spool/lookup.ts'
import { type Enqueueing, enqueueMany, enqueueOne } from '../spool/enqueue.ts'
import type { Home } from '../spool/layout.ts'

/** One job, on disk when this returns. @throws QueueError INVALID_JOB, DUPLICATE_JOB, BROKEN_CONFIG, DISK_FULL, NOT_WRITABLE */
export function enqueueJob(home: Home, request: NewRequest, more?: More): Job {
  const job = enqueueOne(home, withParents(home, withCwd(request)), defaultsOf(home, more))
  recordEvents(home, [enqueuedEvent(job)])
  return job
}

/** Many jobs with one flush. @returns for each request its job, or why that one was refused */
export function enqueueJobs(home: Home, requests: readonly NewRequest[], more?: More): (Job | QueueError)[] {
  const results = enqueueMany(
    home,
    requests.map((request) => withParents(home, withCwd(request))),
    defaultsOf(home, more),
  )
  const events = results.flatMap((result) => (result instanceof QueueError ? [] : [enqueuedEvent(result)]))
  recordEvents(home, events)
  return results
}

/** What the shortest way to enqueue does without, as it has neither settings of queues nor keys. */
type More = Pick<Enqueueing, 'retriesOf' | 'takeKey' | 'slugOf'>

const refuseKey = (): never => {
  throw new Error('a unique key is given where none is taken')
}

const defaultsOf = (home: Home, more: More = { takeKey: refuseKey }): Enqueueing => ({ ...readConfig(home), ...more })

/** The short ids of jobs to wait for become whole; what names none, or several, is refused later. */
function withParents(home: Home, request: NewRequest): NewRequest {
  if (request.after === undefined) return request
  const whole = (id: string): string => {
    const found = mayBeShort(id) ? findMatches(home, id) : []
    return found.length === 1 ? (found[0]?.name.id ?? id) : id
  }
  return {
    ...request,
    after: request.after.map((one) => (typeof one === 'string' ? whole(one) : { ...one, job: whole(one.job) })),
  }
}

/** A job without a working directory gets the one of this process. */
const withCwd = (request: NewRequest): NewRequest => ({ ...request, cwd: request.cwd ?? process.cwd() })

/** The event of a new job, with its due time if it is scheduled. */
const enqueuedEvent = ({ id, state, run_at: due }: Job): Omit<Event, 'at'> => ({
  event: 'enqueued',
  job: id,
  ...(state === 'scheduled' && due !== undefined ? { due } : {}),
})
