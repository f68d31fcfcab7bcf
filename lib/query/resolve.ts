/** Which jobs are meant by ids as people type them, and what a shell may offer. Reading only. */
import { QueueError } from '../errors.ts'
import { isoTime } from '../job/time.ts'
import { type JobFile, jobFiles } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import type { JobRef } from './list.ts'
import { type State, STATES, WAITING_FOR_TIME } from '../job/state.ts'
import { findMatches } from '../spool/lookup.ts'

/** A job as a command means it: by an id as typed, or as it was just seen in a list. */
export type JobRefOrId = string | JobRef

/** From so many ids on, one look at all names is quicker than a look for each. */
const MANY = 3

/**
 * The one job meant by an id, in full or by the last characters of a made one.
 * @throws QueueError NOT_FOUND, or USAGE when several are meant.
 */
export function resolveJob(home: Home, text: string, doing: string): JobFile {
  const file = onlyMatch(findMatches(home, text), text, doing)
  if (file instanceof QueueError) throw file
  return file
}

/** The job meant by each of these ids; an error in the place of those that are not found, or mean several. */
export function resolveJobs(home: Home, ids: readonly string[], doing: string): (JobRef | QueueError)[] {
  const byId = new Map<string, JobFile>()
  if (ids.length >= MANY) for (const file of jobFiles(home)) byId.set(file.name.id, file)
  return ids.map((id) => {
    const exact = byId.get(id)
    // What is not there may just have moved back, or is a short form.
    const file = exact ?? onlyMatch(findMatches(home, id), id, doing)
    return file instanceof QueueError ? file : { id: file.name.id, state: file.state, path: file.path }
  })
}

function onlyMatch(found: readonly JobFile[], text: string, doing: string): JobFile | QueueError {
  const [first] = found
  if (!first)
    return new QueueError('NOT_FOUND', `cannot ${doing} ${text}: no such job`, 'see all jobs with: queuectl list')
  if (found.length === 1) return first
  return new QueueError(
    'USAGE',
    `cannot ${doing} ${text}: ${found.length} jobs end in it`,
    found.map((file) => file.name.id).join(', '),
  )
}

/** The queues that jobs lie in which are not completed. */
export function queuesOf(home: Home): string[] {
  const states = STATES.filter((state) => state !== 'completed')
  return [...new Set([...jobFiles(home, states)].map((file) => file.name.queue))].sort()
}

/** Jobs that wait for their time: the first of them, and how many. */
export interface WaitingJobs {
  readonly id: string
  readonly due: string
  readonly count: number
}

export function waitingJobs(home: Home): WaitingJobs | undefined {
  let first: JobFile | undefined
  let count = 0
  for (const file of jobFiles(home, WAITING_FOR_TIME)) {
    count++
    if (!first || file.name.due < first.name.due) first = file
  }
  return first && { id: first.name.id, due: isoTime(Math.floor(first.name.due / 1000)), count }
}

/** The least due time (ms) of the jobs in a state, by their names. */
export function oldestIn(home: Home, state: State): number | undefined {
  let least: number | undefined
  for (const { name, dropped } of jobFiles(home, [state]))
    if (!dropped && (least === undefined || name.due < least)) least = name.due
  return least === undefined ? undefined : least / 1000
}
