/**
 * Where a job is, and what lies where: reading only.
 *
 * Jobs move while one looks. The states are listed in the order jobs flow and a later sighting replaces an earlier
 * one, so a job that moves on is seen at least once; one that moves back may be missed, so whoever wants to say "not
 * found" looks again until nothing has moved while he looked.
 */
import { basename, dirname, join, relative } from 'node:path'
import { nowMs } from '../clock.ts'
import type { Job } from '../job/job.ts'
import {
  DEFAULT_QUEUE,
  idFromStem,
  isIntakeName,
  isMadeId,
  type JobName,
  looksLikeJobName,
  mayName,
  parseName,
} from '../job/file-name.ts'
import { parseJson, readJob, readRequest } from '../job/parse.ts'
import { parseInstant, utcDay } from '../job/time.ts'
import { exists, listDir, lstat, readText } from '../disk/files.ts'
import { type Home, STATE_DIR } from './layout.ts'
import { QueueError } from '../errors.ts'
import { type State, STATES } from '../job/state.ts'

/** A job seen in a directory, known by its file name alone. */
export interface JobFile {
  readonly state: State
  readonly path: string
  readonly fileName: string
  readonly name: JobName
  /** The holder's directory name, for jobs in `processing/`. */
  readonly holder?: string
  /** A dropped file that no worker has taken in yet: its id is what it will probably get. */
  readonly dropped?: true
}

/** Short forms of made ids are at least this long. */
export const SHORTEST_ID = 6

/** Is a file of this name worth a closer look? Asked before its name is parsed, which is what takes the time. */
type NameFilter = (fileName: string) => boolean
const ANY_NAME: NameFilter = () => true

/** All jobs in these states, by name; within a state in no particular order. */
export function* jobFiles(
  home: Home,
  states: readonly State[] = STATES,
  isWanted: NameFilter = ANY_NAME,
): Generator<JobFile> {
  for (const state of STATES) {
    if (!states.includes(state) && state !== 'processing') continue
    if (state === 'processing') {
      for (const seen of inProcessing(home, isWanted)) if (states.includes(seen.state)) yield seen
    } else if (state === 'completed') {
      for (const day of doneDays(home)) yield* inDoneDay(home, day, isWanted)
    } else yield* inDir(home[STATE_DIR[state]], state, isWanted)
  }
}

function* inDir(dir: string, state: State, isWanted: NameFilter, holder?: string): Generator<JobFile> {
  for (const fileName of listDir(dir)) {
    const seen = isWanted(fileName) ? toJobFile(dir, fileName, state, holder) : undefined
    if (seen) yield seen
  }
}

/** The job at a path where it was seen; undefined when it does not lie there any more. */
export function jobFileAt(home: Home, path: string, state: State): JobFile | undefined {
  if (!exists(path)) return undefined
  const [place, holder] = relative(home.root, dirname(path)).split('/')
  return toJobFile(dirname(path), basename(path), state, place === 'processing' ? holder : undefined)
}

function toJobFile(dir: string, fileName: string, state: State, holder?: string): JobFile | undefined {
  if (!isIntakeName(fileName) || fileName === 'worker.json') return undefined
  const path = join(dir, fileName)
  const held = holder === undefined ? {} : { holder }
  const name = parseName(fileName)
  if (name) return { state, path, fileName, name, ...held }
  const guess = { priority: 0, due: 0, id: idFromStem(fileName) ?? fileName, queue: DEFAULT_QUEUE }
  return { state, path, fileName, name: guess, dropped: true, ...held }
}

/** Workers' directories hold running jobs; an operator's, jobs that belong to where they came from. */
function* inProcessing(home: Home, isWanted: NameFilter): Generator<JobFile> {
  for (const holder of listDir(home.processing)) {
    const dir = join(home.processing, holder)
    if (holder.startsWith('operator-'))
      for (const state of STATES) yield* inDir(join(dir, STATE_DIR[state]), state, isWanted, holder)
    else if (holder.endsWith('.json')) {
      // Put here by hand: nobody holds it; a worker will take it up.
      const seen = toJobFile(home.processing, holder, 'processing')
      if (seen) yield seen
    } else yield* inDir(dir, 'processing', isWanted, holder)
  }
}

/** What lies in `done/`, newest day first. */
export const doneDays = (home: Home): string[] => listDir(home.done).sort().reverse()

/** The jobs of a day in `done/`. A job file that was put beside the days by hand counts as one. */
export function* inDoneDay(home: Home, day: string, isWanted: NameFilter = ANY_NAME): Generator<JobFile> {
  if (!isIntakeName(day)) return yield* inDir(join(home.done, day), 'completed', isWanted)
  const seen = toJobFile(home.done, day, 'completed')
  if (seen) yield seen
}

/** The same, newest first; what nobody asks for is neither parsed nor sorted. */
export function* newestInDoneDay(home: Home, day: string): Generator<JobFile> {
  if (!isIntakeName(day)) {
    const dir = join(home.done, day)
    for (const fileName of newestFirst(listDir(dir))) {
      const seen = toJobFile(dir, fileName, 'completed')
      if (seen) yield seen
    }
  } else yield* inDoneDay(home, day)
}

/** In a home in which jobs move without a pause, what is not seen in so many looks is not there. */
const MAX_SCANS = 20
/** The precision (ms) of the time at which a directory says it has changed: a tick of the kernel, with room. */
const TICK = 20

/** Looks until something is found, or nothing has moved while we looked. */
function scanUntilStable<T>(home: Home, search: () => T | undefined): T | undefined {
  for (let looks = 1; ; looks++) {
    const begun = nowMs()
    const found = search()
    if (found !== undefined || looks === MAX_SCANS || isStill(home, begun - TICK)) return found
  }
}

/** Has no job been moved since? Every move changes one of these directories, mostly two. */
function isStill(home: Home, since: number): boolean {
  const holders = listDir(home.processing).map((name) => join(home.processing, name))
  return [...STATES.map((state) => home[STATE_DIR[state]]), ...holders].every(
    (dir) => (lstat(dir)?.mtimeMs ?? 0) < since,
  )
}

/** Completed jobs lie in their hundred thousands: they are listed only for what is not elsewhere. */
const NOT_COMPLETED = STATES.filter((state) => state !== 'completed')

const withId =
  (id: string): NameFilter =>
  (fileName) =>
    mayName(fileName, (rest) => rest.startsWith(id))

function findUnfinished(home: Home, id: string): JobFile | undefined {
  let found: JobFile | undefined
  for (const seen of jobFiles(home, NOT_COMPLETED, withId(id))) if (seen.name.id === id) found = seen
  return found && exists(found.path) ? found : undefined
}

/** The job with exactly this id, or undefined. */
export function findExact(home: Home, id: string): JobFile | undefined {
  const unfinished = findUnfinished(home, id)
  if (unfinished) return unfinished
  return scanUntilStable(home, () => {
    let found: JobFile | undefined
    for (const seen of jobFiles(home, STATES, withId(id))) if (seen.name.id === id) found = seen
    return found
  })
}

/**
 * The jobs somebody may mean: the one with exactly this id, else those whose made id ends in it (6 characters or
 * more). Latest sighting of each.
 */
export function findMatches(home: Home, text: string): JobFile[] {
  const unfinished = findUnfinished(home, text)
  if (unfinished) return [unfinished]
  const short = text.length >= SHORTEST_ID ? text.toUpperCase() : undefined
  const found = new Map<string, JobFile>()
  const mayBe: NameFilter = (fileName) =>
    mayName(fileName, (rest) => rest.startsWith(text) || (short !== undefined && rest.includes(short)))
  scanUntilStable(home, () => {
    for (const seen of jobFiles(home, STATES, mayBe)) {
      const { id } = seen.name
      if (id === text || (short !== undefined && id.endsWith(short) && isMadeId(id))) found.set(id, seen)
    }
    return found.size > 0 || undefined
  })
  const exact = found.get(text)
  return exact ? [exact] : [...found.values()]
}

/** How many jobs lie in each state, and how many files in `corrupt/`. Pending includes those not due yet. */
export type Counts = Readonly<Record<State | 'corrupt', number>>

const countIn = (dir: string): number => listDir(dir).reduce((sum, name) => sum + Number(isIntakeName(name)), 0)

export function countJobs(home: Home): Counts {
  const counts = { pending: 0, scheduled: 0, processing: 0, failed: 0, held: 0, dead: 0, completed: 0, corrupt: 0 }
  for (const state of STATES) {
    // An operator's jobs count where they came from.
    if (state === 'processing') for (const seen of inProcessing(home, ANY_NAME)) counts[seen.state]++
    else if (state === 'completed')
      for (const day of doneDays(home)) counts.completed += isIntakeName(day) ? 1 : countIn(join(home.done, day))
    else counts[state] += countIn(home[STATE_DIR[state]])
  }
  counts.pending += counts.scheduled
  counts.corrupt = listDir(home.corrupt).filter((name) => !name.endsWith('.reason')).length
  return counts
}

/** What a sighted file holds: the job, or why it cannot be read. */
export type JobContent = { readonly job: Job } | { readonly job?: never; readonly unreadable: string }

/** Reads a sighted file; undefined when it has moved on. */
export function readJobFile(seen: JobFile): JobContent | undefined {
  try {
    const text = readText(seen.path)
    if (text === undefined) return undefined
    return { job: seen.dropped ? readDropped(text, seen) : readJob(text, seen.name, seen.state) }
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) }
  }
}

/** The latest sightings of jobs in these states, and what they hold, also of those that move on meanwhile. */
export class LatestFiles {
  readonly #home: Home
  readonly #states: readonly State[] | undefined
  #seen: Map<string, JobFile>

  constructor(home: Home, states?: readonly State[]) {
    this.#home = home
    this.#states = states
    this.#seen = this.#look()
  }

  get all(): JobFile[] {
    return [...this.#seen.values()]
  }

  /** Where a job lies by now, and what it holds; undefined when it has left these states. */
  read(first: JobFile): { readonly seen: JobFile; readonly content: JobContent } | undefined {
    let seen: JobFile | undefined = first
    for (let looks = 0; seen && looks < 4; looks++) {
      const content = readJobFile(seen)
      if (content) return { seen, content }
      if (this.#seen.get(keyOfFile(seen))?.path === seen.path) this.#seen = this.#look()
      seen = this.#seen.get(keyOfFile(seen))
    }
    return undefined
  }

  #look(): Map<string, JobFile> {
    const latest = new Map<string, JobFile>()
    for (const seen of jobFiles(this.#home, this.#states)) latest.set(keyOfFile(seen), seen)
    return latest
  }
}

/** A dropped file has no id of its own yet: its stem may be another job's. */
export const keyOfFile = (seen: JobFile): string => (seen.dropped ? seen.path : seen.name.id)

/** A dropped file as the job it will be, as far as can be told before it is taken in. */
function readDropped(text: string, seen: JobFile): Job {
  const request = readRequest(parseJson(text))
  const at = lstat(seen.path)?.mtimeMs ?? 0
  const name = {
    id: request.id ?? seen.name.id,
    queue: request.queue ?? DEFAULT_QUEUE,
    priority: request.priority ?? 0,
    due: (request.run_at === undefined ? at : (parseInstant(request.run_at) ?? at)) * 1000,
  }
  return readJob(JSON.stringify(request), name, seen.state)
}

/** The directory that a job completed at this instant (ms) belongs in. */
export const doneDir = (home: Home, at: number): string => join(home.done, utcDay(at))

/**
 * Reads a sighted job, which may lie elsewhere by now; undefined when it has moved on.
 * @throws QueueError when its file cannot be understood.
 */
export function readJobOrThrow(seen: JobFile, doing: string, path: string = seen.path): Job | undefined {
  const content = readJobFile({ ...seen, path })
  if (content === undefined || content.job) return content?.job
  throw new QueueError(
    'FAILED',
    `cannot ${doing} ${seen.name.id}: its file ${seen.path} cannot be read: ${content.unreadable}`,
    'mend it with an editor',
  )
}

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** When the job of a name was over, as text that sorts; empty for a dropped file. */
const finishedAt = (fileName: string): string => (looksLikeJobName(fileName) ? fileName.slice(5, 28) : '')

/** How many of the newest are looked for before all are sorted. */
const PRESORTED = 1000

/** Names of finished jobs, newest first; sorting them all waits until more than a few are asked for. */
export function* newestFirst(fileNames: readonly string[], few = PRESORTED): Generator<string> {
  const newest = (all: string[]): string[] => all.sort((a, b) => compareText(finishedAt(b), finishedAt(a)))
  let best: string[] = []
  let least: string | undefined
  for (const fileName of fileNames) {
    if (least === undefined || finishedAt(fileName) > least) best.push(fileName)
    if (best.length < 2 * few) continue
    best = newest(best).slice(0, few)
    least = finishedAt(best.at(-1) ?? '')
  }
  best = newest(best).slice(0, few)
  yield* best
  if (best.length === fileNames.length) return
  const given = new Set(best)
  yield* newest(fileNames.filter((fileName) => !given.has(fileName)))
}
