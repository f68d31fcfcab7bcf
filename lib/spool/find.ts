/**
 * Where a job is, and what lies where: reading only.
 *
 * Jobs move while one looks. The states are listed in the order jobs flow and a later sighting replaces an earlier
 * one, so a job that moves on is seen at least once; one that moves back may be missed, so whoever wants to say "not
 * found" looks twice.
 */
import { basename, dirname, join } from 'node:path'
import { type Job, STATES, type State } from '../job/job.ts'
import { DEFAULT_QUEUE, idFromStem, isIntakeName, isMadeId, type JobName, parseName } from '../job/name.ts'
import { parseJson, readJob, readRequest } from '../job/read.ts'
import { parseInstant, utcDay } from '../job/times.ts'
import { look, names, read } from './files.ts'
import { type Home, PLACE_OF } from './home.ts'

/** A job seen in a directory, known by its file name alone. */
export interface Sighting {
  readonly state: State
  readonly path: string
  readonly fileName: string
  readonly name: JobName
  /** The holder's directory name, for jobs in `processing/`. */
  readonly holder?: string
  /** A dropped file that no worker has taken in yet: its id is what it will probably get. */
  readonly foreign?: true
}

/** Short forms of made ids are at least this long. */
export const SHORTEST_ID = 6

/** Is a file of this name worth a closer look? Asked before its name is parsed, which is what takes the time. */
type Wanted = (fileName: string) => boolean
const ANY: Wanted = () => true

/** All jobs in these states, by name; within a state in no particular order. */
export function* sightings(home: Home, states: readonly State[] = STATES, isWanted: Wanted = ANY): Generator<Sighting> {
  for (const state of STATES) {
    if (!states.includes(state) && state !== 'processing') continue
    if (state === 'processing') {
      for (const seen of inProcessing(home, isWanted)) if (states.includes(seen.state)) yield seen
    } else if (state === 'completed') yield* inDone(home, isWanted)
    else yield* inDir(home[PLACE_OF[state]], state, isWanted)
  }
}

function* inDir(dir: string, state: State, isWanted: Wanted, holder?: string): Generator<Sighting> {
  for (const fileName of names(dir)) {
    const seen = isWanted(fileName) ? sighting(dir, fileName, state, holder) : undefined
    if (seen) yield seen
  }
}

/** The job at a path where it was seen, as far as the path tells. */
export function sightingAt(path: string, state: State): Sighting | undefined {
  const dir = dirname(path)
  const [, holder] = /\/processing\/([^/]+)(?:\/\w+)?$/.exec(dir) ?? []
  return sighting(dir, basename(path), state, holder)
}

function sighting(dir: string, fileName: string, state: State, holder?: string): Sighting | undefined {
  if (!isIntakeName(fileName) || fileName === 'worker.json') return undefined
  const path = join(dir, fileName)
  const held = holder === undefined ? {} : { holder }
  const name = parseName(fileName)
  if (name) return { state, path, fileName, name, ...held }
  const guess = { priority: 0, due: 0, id: idFromStem(fileName) ?? fileName, queue: DEFAULT_QUEUE }
  return { state, path, fileName, name: guess, foreign: true, ...held }
}

/** Workers' directories hold running jobs; an operator's, jobs that belong to where they came from. */
function* inProcessing(home: Home, isWanted: Wanted): Generator<Sighting> {
  for (const holder of names(home.processing)) {
    const dir = join(home.processing, holder)
    if (holder.startsWith('operator-'))
      for (const state of STATES) yield* inDir(join(dir, PLACE_OF[state]), state, isWanted, holder)
    else if (holder.endsWith('.json')) {
      // Put here by hand: nobody holds it; a worker will take it up.
      const seen = sighting(home.processing, holder, 'processing')
      if (seen) yield seen
    } else yield* inDir(dir, 'processing', isWanted, holder)
  }
}

/** Newest day first. A job file put into `done/` itself by hand counts as well. */
function* inDone(home: Home, isWanted: Wanted): Generator<Sighting> {
  for (const day of doneDays(home)) yield* inDoneDay(home, day, isWanted)
}

/** What lies in `done/`, newest day first. */
export const doneDays = (home: Home): string[] => names(home.done).sort().reverse()

/** The jobs of one entry of `done/`. */
export function* inDoneDay(home: Home, day: string, isWanted: Wanted = ANY): Generator<Sighting> {
  if (!day.endsWith('.json')) yield* inDir(join(home.done, day), 'completed', isWanted)
  else {
    const seen = sighting(home.done, day, 'completed')
    if (seen) yield seen
  }
}

/** Where the id begins in a name of our grammar, behind the dash that ends rank and due time. */
const ID_AT = 29
const isOurs = (fileName: string): boolean => fileName[ID_AT - 1] === '-' && fileName[ID_AT - 2] === 'Z'

/** The job with exactly this id, or undefined. */
export function findExact(home: Home, id: string): Sighting | undefined {
  for (let looks = 0; looks < 2; looks++) {
    let found: Sighting | undefined
    const mayBe: Wanted = (fileName) => fileName.startsWith(id, ID_AT) || !isOurs(fileName)
    for (const seen of sightings(home, STATES, mayBe)) if (seen.name.id === id) found = seen
    if (found) return found
  }
  return undefined
}

/**
 * The jobs somebody may mean: the one with exactly this id, else those whose made id ends in it (6 characters or
 * more). Latest sighting of each.
 */
export function findMeant(home: Home, text: string): Sighting[] {
  const short = text.length >= SHORTEST_ID ? text.toUpperCase() : undefined
  const found = new Map<string, Sighting>()
  const mayBe: Wanted = (fileName) =>
    fileName.startsWith(text, ID_AT) || (short !== undefined && fileName.includes(short)) || !isOurs(fileName)
  for (let looks = 0; looks < 2 && found.size === 0; looks++)
    for (const seen of sightings(home, STATES, mayBe)) {
      const { id } = seen.name
      if (id === text || (short !== undefined && id.endsWith(short) && isMadeId(id))) found.set(id, seen)
    }
  const exact = found.get(text)
  return exact ? [exact] : [...found.values()]
}

/** How many jobs lie in each state, and how many files in `corrupt/`. Pending includes those not due yet. */
export type Counts = Readonly<Record<State | 'corrupt', number>>

const countIn = (dir: string): number => names(dir).reduce((sum, name) => sum + Number(isIntakeName(name)), 0)

export function countJobs(home: Home): Counts {
  const counts = { pending: 0, scheduled: 0, processing: 0, failed: 0, held: 0, dead: 0, completed: 0, corrupt: 0 }
  for (const state of STATES) {
    // An operator's jobs count where they came from.
    if (state === 'processing') for (const seen of inProcessing(home, ANY)) counts[seen.state]++
    else if (state === 'completed')
      for (const day of doneDays(home)) counts.completed += isIntakeName(day) ? 1 : countIn(join(home.done, day))
    else counts[state] += countIn(home[PLACE_OF[state]])
  }
  counts.pending += counts.scheduled
  counts.corrupt = names(home.corrupt).filter((name) => !name.endsWith('.reason')).length
  return counts
}

/** What a sighted file holds: the job, or why it cannot be read. */
export type Content = { readonly job: Job } | { readonly job?: never; readonly unreadable: string }

/** Reads a sighted file; undefined when it has moved on. */
export function readSighted(seen: Sighting): Content | undefined {
  const text = read(seen.path)
  if (text === undefined) return undefined
  try {
    return { job: seen.foreign ? readDropped(text, seen) : readJob(text, seen.name, seen.state) }
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) }
  }
}

/** A dropped file as the job it will be, as far as can be told before it is taken in. */
function readDropped(text: string, seen: Sighting): Job {
  const request = readRequest(parseJson(text))
  const at = look(seen.path)?.mtimeMs ?? 0
  const name = {
    id: request.id ?? seen.name.id,
    queue: request.queue ?? DEFAULT_QUEUE,
    priority: request.priority ?? 0,
    due: (request.run_at === undefined ? at : (parseInstant(request.run_at) ?? at)) * 1000,
  }
  return readJob(text, name, seen.state)
}

/** The directory that a job completed at this instant (ms) belongs in. */
export const doneDir = (home: Home, at: number): string => join(home.done, utcDay(at))
