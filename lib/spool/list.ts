/**
 * Which jobs are meant, and in which order: by the names of their files as far as those tell, which is nearly always.
 */
import { QueueError } from '../errors.ts'
import { type Job, type State, STATES } from '../job/job.ts'
import { isoTime } from '../job/times.ts'
import { doneDays, findMeant, inDoneDay, readSighted, type Sighting, sightings } from './find.ts'
import type { Home } from './home.ts'

/** Which jobs are meant; everything left out matches all. */
export interface Filter {
  readonly states?: readonly State[]
  readonly queue?: string
  readonly tag?: string
}

/** By what a list is sorted; times oldest first. `order`: as the queue flows and runs. */
export const SORTS = ['order', 'created', 'updated', 'priority', 'id'] as const
export type Sort = (typeof SORTS)[number]

/** A job as its file's name and place tell it. */
export interface Seen {
  readonly id: string
  readonly state: State
  readonly path: string
}

/** A job in a list; a file that cannot be understood is listed with the reason in place of its job. */
export interface Listed extends Seen {
  readonly job: Job | undefined
  readonly unreadable: string | undefined
}

/** Jobs that match, sorted; `limit` keeps the first ones. */
export function listJobs(home: Home, filter: Filter, sort: Sort, limit: number): Listed[] {
  const byName = SORT_BY_NAME[sort]
  const found: Listed[] = []
  for (const seen of byName ? sorted(home, filter, sort, byName) : latest(home, filter, filter.states).values()) {
    if (byName && found.length >= limit) break
    const listed = readListed(seen, filter)
    if (listed) found.push(listed)
  }
  if (byName) return found
  const member = sort === 'created' ? 'created_at' : 'updated_at'
  return found.sort((a, b) => byText(a.job?.[member] ?? '', b.job?.[member] ?? '')).slice(0, limit)
}

/** Which of the jobs that match are wanted. */
export interface Narrowing {
  /** How their ids begin. */
  readonly startsWith?: string
  /** The first so many. */
  readonly limit?: number
}

/** The queues that jobs lie in which are not completed. */
export function queuesOf(home: Home): string[] {
  const states = STATES.filter((state) => state !== 'completed')
  return [...new Set([...sightings(home, states)].map((seen) => seen.name.queue))].sort()
}

/** Jobs that match, in the order they flow. Their files are only read where the name does not tell. */
export function matchingJobs(home: Home, filter: Filter, { startsWith = '', limit }: Narrowing = {}): Seen[] {
  const found = new Map<string, Seen>()
  for (const seen of sorted(home, filter, 'order', inOrder)) {
    const isTold = filter.tag === undefined && !seen.foreign
    const one = isTold ? { id: seen.name.id, state: seen.state, path: seen.path } : readListed(seen, filter)
    if (!one?.id.startsWith(startsWith)) continue
    if (limit !== undefined && found.size >= limit) break
    // One that was seen twice has moved on in between: the later sighting counts.
    found.set(one.id, { id: one.id, state: one.state, path: one.path })
  }
  return [...found.values()]
}

/** Jobs that wait for their time: the first of them, and how many. */
export interface Waiting {
  readonly id: string
  readonly due: string
  readonly count: number
}

export function waitingJobs(home: Home): Waiting | undefined {
  const all = [...sightings(home, ['scheduled', 'failed'])]
  const [first] = all.sort((a, b) => a.name.due - b.name.due)
  return first && { id: first.name.id, due: isoTime(Math.floor(first.name.due / 1000)), count: all.length }
}

/**
 * The job meant by each of these ids, all found in one look; an error in the place of those that are not found, or mean
 * several.
 */
export function jobsMeant(home: Home, ids: readonly string[], doing: string): (Seen | QueueError)[] {
  if (ids.length < 3) return ids.map((id) => oneMeant(findMeant(home, id), id, doing))
  const byId = new Map<string, Sighting>()
  for (const seen of sightings(home)) byId.set(seen.name.id, seen)
  return ids.map((id) => {
    const exact = byId.get(id)
    // What is not there may just have moved back, or is a short form.
    return oneMeant(exact ? [exact] : findMeant(home, id), id, doing)
  })
}

function oneMeant(found: readonly Sighting[], text: string, doing: string): Seen | QueueError {
  const [first] = found
  if (!first)
    return new QueueError('NOT_FOUND', `cannot ${doing} ${text}: no such job`, 'see all jobs with: queuectl list')
  if (found.length === 1) return { id: first.name.id, state: first.state, path: first.path }
  return new QueueError(
    'USAGE',
    `cannot ${doing} ${text}: ${found.length} jobs end in it`,
    found.map((seen) => seen.name.id).join(', '),
  )
}

function readListed(seen: Sighting, filter: Filter): Listed | undefined {
  const content = readSighted(seen)
  if (content === undefined) return undefined
  const { job } = content
  const matches =
    (filter.tag === undefined || job?.tags?.includes(filter.tag)) &&
    (filter.queue === undefined || job?.queue === filter.queue)
  if (!matches) return undefined
  const unreadable = content.job ? undefined : content.unreadable
  return { id: job?.id ?? seen.name.id, state: seen.state, path: seen.path, job, unreadable }
}

/** The latest sighting of each job in these states. */
function latest(home: Home, filter: Filter, states: readonly State[] | undefined): Map<string, Sighting> {
  const found = new Map<string, Sighting>()
  for (const seen of sightings(home, states)) if (mayMatch(seen, filter)) found.set(seen.name.id, seen)
  return found
}

const mayMatch = (seen: Sighting, { queue }: Filter): boolean =>
  queue === undefined || seen.foreign === true || seen.name.queue === queue

/**
 * Jobs sorted by name alone. What is completed comes last in order, and may be a hundred times all others: it is looked
 * at day by day, as far as somebody goes on asking.
 */
function* sorted(
  home: Home,
  filter: Filter,
  sort: Sort,
  compare: (a: Sighting, b: Sighting) => number,
): Generator<Sighting> {
  const { states = STATES } = filter
  const isLazy = sort === 'order' && states.includes('completed')
  const first = isLazy ? states.filter((state) => state !== 'completed') : states
  const others = latest(home, filter, first)
  yield* [...others.values()].sort(compare)
  if (!isLazy) return
  for (const day of doneDays(home)) {
    const ofDay = [...inDoneDay(home, day)].filter((seen) => mayMatch(seen, filter))
    yield* ofDay.sort(compare)
  }
}

const flow: readonly State[] = ['processing', 'pending', 'scheduled', 'failed', 'held', 'dead', 'completed']
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const inOrder = (a: Sighting, b: Sighting): number =>
  flow.indexOf(a.state) - flow.indexOf(b.state) ||
  // Finished jobs newest first, all others in the order they run.
  (a.state === 'completed' || a.state === 'dead' ? b.name.due - a.name.due : byText(a.fileName, b.fileName))

/** The sorts that need only names. */
const SORT_BY_NAME: Partial<Record<Sort, (a: Sighting, b: Sighting) => number>> = {
  order: inOrder,
  priority: (a, b) => b.name.priority - a.name.priority || a.name.due - b.name.due,
  id: (a, b) => byText(a.name.id, b.name.id),
}
