/** Resolves ids as people type them to jobs. */
import { QueueError } from '../errors.ts'
import { isoTime } from '../job/time.ts'
import { type JobFile, jobFiles } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import type { JobRef } from './list.ts'
import { type State, STATES, WAITING_FOR_TIME } from '../job/state.ts'
import { findMatches } from '../spool/lookup.ts'

/** The job of a command: an id as typed, or a ref from a list. */
export type JobRefOrId = string | JobRef

/** From this many ids on, one scan of all names is quicker than a lookup of each. */
const MANY = 3

/**
 * The one job of an id, whole or the last characters of a generated one.
 * @throws QueueError NOT_FOUND; USAGE when several jobs match
 */
export function resolveJob(home: Home, text: string, doing: string): JobFile {
  const file = onlyMatch(findMatches(home, text), text, doing)
  if (file instanceof QueueError) throw file
  return file
}

/** For each id its job, or the error why there is none. */
export function resolveJobs(home: Home, ids: readonly string[], doing: string): (JobRef | QueueError)[] {
  const byId = new Map<string, JobFile>()
  if (ids.length >= MANY) for (const file of jobFiles(home)) byId.set(file.name.id, file)
  return ids.map((id) => {
    const exact = byId.get(id)
    // If it is not among them, it has just moved or is a short form.
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

/** The names of all queues that have a job that is not completed, sorted. */
export function queuesOf(home: Home): string[] {
  const states = STATES.filter((state) => state !== 'completed')
  return [...new Set([...jobFiles(home, states)].map((file) => file.name.queue))].sort()
}

/** Jobs that wait for their time: the first one, and how many there are. */
export interface WaitingJobs {
  readonly id: string
  /** ISO 8601, UTC. */
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

/** The earliest due time (ms since the epoch) of the jobs in a state, by their names. */
export function oldestIn(home: Home, state: State): number | undefined {
  let earliest: number | undefined
  for (const { name, dropped } of jobFiles(home, [state]))
    if (!dropped && (earliest === undefined || name.due < earliest)) earliest = name.due
  return earliest === undefined ? undefined : earliest / 1000
}
