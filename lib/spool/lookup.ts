/**
 * Finds jobs by id while they move, and follows each to the directory it has moved to.
 *
 * A scan that lists the states in the order jobs flow cannot miss a job that moves on, but can miss one that moves
 * back: "not found" is only said after a scan during which no directory changed.
 */
import { join } from 'node:path'
import { nowMs } from '../clock.ts'
import { exists, listDir, lstat } from '../disk/files.ts'
import type { Job } from '../job/job.ts'
import { isIdEnd, isMadeId, mayName } from '../job/file-name.ts'
import { QueueError } from '../errors.ts'
import { type State, STATES } from '../job/state.ts'
import { type Home, STATE_DIR } from './layout.ts'
import {
  doorDirs,
  type JobContent,
  type JobFile,
  jobFiles,
  type NameFilter,
  readJobFile,
  type Unlisted,
} from './scan.ts'

/** Short forms of made ids have at least this many characters. */
export const SHORTEST_ID = 6

/** Can this be the end of a made id? Others name a job in full. */
export const mayBeShort = (text: string): boolean => text.length >= SHORTEST_ID && isIdEnd(text)

/** In a home in which jobs move all the time, an id that this many scans did not find does not exist. */
const MAX_SCANS = 20
/** Precision (ms) of a directory's modification time: a tick of the kernel, with a margin. */
const TICK_MS = 20

/** Repeats a search until it finds something, or until no directory changed while it ran. */
function scanUntilStable<T>(home: Home, search: () => T | undefined): T | undefined {
  for (let scans = 1; ; scans++) {
    const startedAt = nowMs()
    const found = search()
    if (found !== undefined || scans === MAX_SCANS || isUnchangedSince(home, startedAt - TICK_MS)) return found
  }
}

/** Every move changes the modification time of at least one of these directories, mostly of two. */
function isUnchangedSince(home: Home, since: number): boolean {
  const holders = listDir(home.processing).map((name) => join(home.processing, name))
  return [...STATES.map((state) => home[STATE_DIR[state]]), ...doorDirs(home), ...holders].every(
    (dir) => (lstat(dir)?.mtimeMs ?? 0) < since,
  )
}

/** There may be hundreds of thousands of completed jobs: they are listed only when the id is in no other state. */
const NOT_COMPLETED = STATES.filter((state) => state !== 'completed')

const withId =
  (id: string): NameFilter =>
  (fileName) =>
    mayName(fileName, (rest) => rest.startsWith(id))

function findIn(home: Home, states: readonly State[], id: string): JobFile | undefined {
  let found: JobFile | undefined
  const unlisted: Unlisted[] = []
  for (const file of jobFiles(home, states, withId(id), unlisted)) if (file.name.id === id) found = file
  if (!found) refuseUnlisted(id, unlisted)
  return found
}

/** A job that is not seen may still exist where nothing can be listed: its id must not be taken for a free one. */
function refuseUnlisted(text: string, [first]: readonly Unlisted[]): void {
  if (first)
    throw new QueueError(
      'FAILED',
      `cannot tell whether there is a job ${text}: ${first.dir} cannot be listed (${first.why})`,
      'see what is wrong with: queuectl doctor',
    )
}

function findUnfinished(home: Home, id: string): JobFile | undefined {
  const found = findIn(home, NOT_COMPLETED, id)
  return found && exists(found.path) ? found : undefined
}

/** The job with exactly this id; undefined when there is none. */
export const findExact = (home: Home, id: string): JobFile | undefined =>
  findUnfinished(home, id) ?? scanUntilStable(home, () => findIn(home, STATES, id))

/**
 * This very job as it is now, wherever it is; undefined when it is gone. Its id alone does not tell: it may be another
 * job's by now.
 */
export function findSame(home: Home, { id, created_at, command }: Job): Job | undefined {
  const file = findExact(home, id)
  const found = file && readJobFile(file)?.job
  return found?.created_at === created_at && JSON.stringify(found.command) === JSON.stringify(command)
    ? found
    : undefined
}

/**
 * The jobs that a text can name: the one with exactly this id, else those whose made id ends in it (6 characters or
 * more). Each is where it was listed last.
 */
export function findMatches(home: Home, text: string): JobFile[] {
  const unfinished = findUnfinished(home, text)
  if (unfinished) return [unfinished]
  const ending = text.length >= SHORTEST_ID ? text.toUpperCase() : undefined
  const found = new Map<string, JobFile>()
  const mayMatch: NameFilter = (fileName) =>
    mayName(fileName, (rest) => rest.startsWith(text) || (ending !== undefined && rest.includes(ending)))
  scanUntilStable(home, () => {
    const unlisted: Unlisted[] = []
    for (const file of jobFiles(home, STATES, mayMatch, unlisted)) {
      const { id } = file.name
      if (id === text || (ending !== undefined && id.endsWith(ending) && isMadeId(id))) found.set(id, file)
    }
    if (found.size === 0) refuseUnlisted(text, unlisted)
    return found.size > 0 || undefined
  })
  const exact = found.get(text)
  return exact ? [exact] : [...found.values()]
}

/** A job that moves this often while it is being read is left out. */
const MAX_READS = 4

/** The jobs in some states, read one by one even if they move between these states meanwhile. */
export class LatestFiles {
  readonly #home: Home
  readonly #states: readonly State[] | undefined
  #files: Map<string, JobFile>

  constructor(home: Home, states?: readonly State[]) {
    this.#home = home
    this.#states = states
    this.#files = this.#scan()
  }

  get all(): JobFile[] {
    return [...this.#files.values()]
  }

  /** Where a job is by now, and what its file holds; undefined when it has left these states. */
  read(first: JobFile): { readonly file: JobFile; readonly content: JobContent } | undefined {
    let file: JobFile | undefined = first
    for (let reads = 0; file && reads < MAX_READS; reads++) {
      const content = readJobFile(file)
      if (content) return { file, content }
      if (this.#files.get(keyOfFile(file))?.path === file.path) this.#files = this.#scan()
      file = this.#files.get(keyOfFile(file))
    }
    return undefined
  }

  #scan(): Map<string, JobFile> {
    const latest = new Map<string, JobFile>()
    for (const file of jobFiles(this.#home, this.#states)) latest.set(keyOfFile(file), file)
    return latest
  }
}

/** What tells one job file from another. A dropped file has no id yet: its stem may be the id of another job. */
export const keyOfFile = (file: JobFile): string => (file.dropped ? file.path : file.name.id)
