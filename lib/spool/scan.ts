/**
 * Lists the jobs of each state by their file names, counts them, and reads their files.
 *
 * Jobs move during a scan. The states are listed in the order jobs flow, so a job that moves on is listed at least
 * once, and the last time it is listed counts. One that moves back may be missed: `lookup.ts` scans again for those.
 */
import { basename, dirname, join, relative } from 'node:path'
import type { Job } from '../job/job.ts'
import {
  DEFAULT_QUEUE,
  idFromStem,
  isIntakeName,
  isPendingName,
  type JobName,
  looksLikeJobName,
  parseName,
  whyNotId,
} from '../job/file-name.ts'
import { readJob } from '../job/parse.ts'
import { droppedRequest } from '../job/script.ts'
import { parseInstant, utcDay } from '../job/time.ts'
import { failureKind } from '../disk/errno.ts'
import { exists, isRealDir, listDir, listRealDir, lstat, readText } from '../disk/files.ts'
import { type Home, STATE_DIR } from './layout.ts'
import { errno, QueueError } from '../errors.ts'
import { type State, STATES } from '../job/state.ts'

/** A job file as listed in a directory, known by its name alone. */
export interface JobFile {
  readonly state: State
  readonly path: string
  readonly fileName: string
  readonly name: JobName
  /** The holder's directory name, for jobs in `processing/`. */
  readonly holder?: string
  /** A dropped file that no worker has taken in yet: the id is the one it will probably get. */
  readonly dropped?: true
}

/** Selects file names before they are parsed, because parsing is what takes the time. */
export type NameFilter = (fileName: string) => boolean
const ANY_NAME: NameFilter = () => true

/** A directory of jobs that cannot be listed now. */
export interface Unlisted {
  readonly dir: string
  /** The errno. */
  readonly why: string
}

/**
 * All jobs in these states, by name; within a state in no particular order.
 * @param unlisted gets the directories of holders and days that cannot be listed now
 */
export function* jobFiles(
  home: Home,
  states: readonly State[] = STATES,
  isWanted: NameFilter = ANY_NAME,
  unlisted: Unlisted[] = [],
): Generator<JobFile> {
  for (const state of STATES) {
    if (!states.includes(state) && state !== 'processing') continue
    if (state === 'processing') {
      for (const file of inProcessing(home, isWanted, unlisted)) if (states.includes(file.state)) yield file
    } else if (state === 'waiting') {
      for (const dir of doorDirs(home, unlisted)) yield* inSubDir({ dir, state, isWanted, unlisted })
    } else if (state === 'completed') {
      for (const day of doneDays(home)) yield* inDoneDay(home, day, isWanted, unlisted)
    } else yield* filesOf(listDir(home[STATE_DIR[state]]), { dir: home[STATE_DIR[state]], state, isWanted, unlisted })
  }
}

/** Where a listing looks, and what it keeps. */
interface Listing {
  readonly dir: string
  readonly state: State
  readonly isWanted: NameFilter
  readonly holder?: string
  readonly unlisted: Unlisted[]
}

function* filesOf(names: readonly string[], { dir, state, isWanted, holder }: Listing): Generator<JobFile> {
  for (const fileName of names) {
    const file = isWanted(fileName) ? toJobFile(dir, fileName, state, holder) : undefined
    if (file) yield file
  }
}

/** Can a file of this name be a job in this state, or become one? A script is dropped into `pending/`, and can be held. */
export const mayBeJob = (fileName: string, state: State): boolean =>
  state === 'pending' || state === 'held' ? isPendingName(fileName) : isIntakeName(fileName)

/** The job files in the directory of a holder or a day. */
const inSubDir = (listing: Listing): Generator<JobFile> => filesOf(listSubDir(listing.dir, listing.unlisted), listing)

/** The names in the directory of a holder or a day. One that cannot be listed now does not keep the others from it. */
function listSubDir(dir: string, unlisted: Unlisted[], list = listRealDir): string[] {
  try {
    return list(dir)
  } catch (error) {
    if (failureKind(error) !== 'surroundings') throw error
    unlisted.push({ dir, why: errno(error) ?? String(error) })
    return []
  }
}

/** The job file at a path that an earlier scan listed; undefined when it has moved on. */
export function jobFileAt(home: Home, path: string, state: State): JobFile | undefined {
  if (!exists(path)) return undefined
  const [stateDir, holder] = relative(home.root, dirname(path)).split('/')
  return toJobFile(dirname(path), basename(path), state, stateDir === 'processing' ? holder : undefined)
}

function toJobFile(dir: string, fileName: string, state: State, holder?: string): JobFile | undefined {
  if (!mayBeJob(fileName, state) || fileName === 'worker.json') return undefined
  const path = join(dir, fileName)
  const held = holder === undefined ? {} : { holder }
  const name = parseName(fileName)
  if (name) return { state, path, fileName, name, ...held }
  const guess = { priority: 0, due: 0, id: idFromStem(fileName) ?? fileName, queue: DEFAULT_QUEUE }
  return { state, path, fileName, name: guess, dropped: true, ...held }
}

/** Jobs in a worker's directory are running; those in an operator's keep the state they were taken from. */
function* inProcessing(home: Home, isWanted: NameFilter, unlisted: Unlisted[] = []): Generator<JobFile> {
  for (const holder of listDir(home.processing)) {
    const dir = join(home.processing, holder)
    if (holder.startsWith('operator-')) {
      for (const [state, from] of isRealDir(dir) ? Object.entries(STATE_DIR) : [])
        yield* inSubDir({ dir: join(dir, from), state: state as State, isWanted, holder, unlisted })
    } else if (holder.endsWith('.json')) {
      // Put beside the holders by hand: the next worker to recover takes it up.
      const file = toJobFile(home.processing, holder, 'processing')
      if (file) yield file
    } else yield* inSubDir({ dir, state: 'processing', isWanted, holder, unlisted })
  }
}

/** The directories in `waiting/`, one for each job that others wait for. @param unlisted gets `waiting/` if it cannot be listed */
export const doorDirs = ({ waiting }: Home, unlisted: Unlisted[] = []): string[] =>
  listSubDir(waiting, unlisted, listDir)
    .filter((name) => whyNotId(name) === undefined)
    .map((name) => join(waiting, name))

/** The names in `done/`, newest day first. */
export const doneDays = (home: Home): string[] => listDir(home.done).sort().reverse()

/** The jobs of a day in `done/`. A job file put beside the days by hand counts as a day with one job. */
export function* inDoneDay(
  home: Home,
  day: string,
  isWanted: NameFilter = ANY_NAME,
  unlisted: Unlisted[] = [],
): Generator<JobFile> {
  if (!isIntakeName(day)) return yield* inSubDir({ dir: join(home.done, day), state: 'completed', isWanted, unlisted })
  const file = toJobFile(home.done, day, 'completed')
  if (file) yield file
}

/** The jobs of a day in `done/`, newest first; names are parsed and sorted as far as the caller reads. */
export function* newestInDoneDay(home: Home, day: string): Generator<JobFile> {
  if (!isIntakeName(day)) {
    const dir = join(home.done, day)
    for (const fileName of newestFirst(listSubDir(dir, []))) {
      const file = toJobFile(dir, fileName, 'completed')
      if (file) yield file
    }
  } else yield* inDoneDay(home, day)
}

/** How many jobs are in each state, and how many files in `corrupt/`. `pending` includes `scheduled` and `waiting`. */
export type Counts = Readonly<Record<State | 'corrupt', number>>

const countNames = (names: readonly string[], state: State): number =>
  names.reduce((sum, name) => sum + Number(mayBeJob(name, state)), 0)

export function countJobs(home: Home): Counts {
  const counts = {
    waiting: 0,
    pending: 0,
    scheduled: 0,
    processing: 0,
    failed: 0,
    held: 0,
    dead: 0,
    completed: 0,
    corrupt: 0,
  }
  for (const state of STATES) {
    // A job that an operator holds counts for the state it was taken from.
    if (state === 'processing') for (const file of inProcessing(home, ANY_NAME)) counts[file.state]++
    else if (state === 'waiting')
      for (const dir of doorDirs(home)) counts.waiting += countNames(listSubDir(dir, []), state)
    else if (state === 'completed')
      for (const day of doneDays(home))
        counts.completed += isIntakeName(day) ? 1 : countNames(listSubDir(join(home.done, day), []), state)
    else counts[state] += countNames(listDir(home[STATE_DIR[state]]), state)
  }
  counts.pending += counts.scheduled + counts.waiting
  counts.corrupt = listDir(home.corrupt).filter((name) => !name.endsWith('.reason')).length
  return counts
}

/** What a job file holds: the job, or why it cannot be read. */
export type JobContent = { readonly job: Job } | Unreadable

export interface Unreadable {
  readonly job?: never
  readonly unreadable: string
  /** It may be good: only its surroundings keep it from being read now. */
  readonly mayBeGood?: true
}

/** Reads a listed job file; undefined when it has moved on. */
export function readJobFile(file: JobFile): JobContent | undefined {
  try {
    const text = readText(file.path)
    if (text === undefined) return undefined
    return { job: file.dropped ? readDropped(text, file) : readJob(text, file.name, file.state) }
  } catch (error) {
    const unreadable = error instanceof Error ? error.message : String(error)
    const kind = failureKind(error)
    return { unreadable, ...(kind === 'surroundings' || kind === 'machine' ? { mayBeGood: true } : {}) }
  }
}

/** A dropped file as the job it will probably become when it is taken in. */
function readDropped(text: string, file: JobFile): Job {
  const modifiedAt = lstat(file.path)?.mtimeMs ?? 0
  const { request } = droppedRequest(text, file.fileName, modifiedAt)
  const name = {
    id: request.id ?? file.name.id,
    queue: request.queue ?? DEFAULT_QUEUE,
    priority: request.priority ?? 0,
    due: (request.run_at === undefined ? modifiedAt : (parseInstant(request.run_at) ?? modifiedAt)) * 1000,
  }
  return readJob(JSON.stringify(request), name, file.state)
}

/** The directory of jobs completed on the day of this instant (ms). */
export const doneDir = (home: Home, finishedAt: number): string => join(home.done, utcDay(finishedAt))

/**
 * Reads a listed job, from `path` if it has been moved there since; undefined when it has moved on.
 * @throws QueueError FAILED when its file cannot be understood: `cannot <doing> <id>: ...`
 */
export function readJobOrThrow(file: JobFile, doing: string, path: string = file.path): Job | undefined {
  const content = readJobFile({ ...file, path })
  if (content === undefined || content.job) return content?.job
  throw new QueueError(
    'FAILED',
    `cannot ${doing} ${file.name.id}: its file ${file.path} cannot be read: ${content.unreadable}`,
    'repair it in an editor',
  )
}

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** When the job of this file name finished, as text that sorts; empty for a dropped file. */
const finishTime = (fileName: string): string => (looksLikeJobName(fileName) ? fileName.slice(5, 28) : '')

/** How many of the newest are found without sorting all names. */
const PRESORTED = 1000

/** Names of finished jobs, newest first. All are sorted only when more than `count` of them are read. */
export function* newestFirst(fileNames: readonly string[], count = PRESORTED): Generator<string> {
  const sortNewest = (all: string[]): string[] => all.sort((a, b) => compareText(finishTime(b), finishTime(a)))
  let newest: string[] = []
  let oldestKept: string | undefined
  for (const fileName of fileNames) {
    if (oldestKept === undefined || finishTime(fileName) > oldestKept) newest.push(fileName)
    if (newest.length < 2 * count) continue
    newest = sortNewest(newest).slice(0, count)
    oldestKept = finishTime(newest.at(-1) ?? '')
  }
  newest = sortNewest(newest).slice(0, count)
  yield* newest
  if (newest.length === fileNames.length) return
  const yielded = new Set(newest)
  yield* sortNewest(fileNames.filter((fileName) => !yielded.has(fileName)))
}
