/**
 * The changes of state: claim, settle, give back, promote, set aside. Each is one rename onto a name that exists
 * nowhere else; content is stamped before, in a directory of our own.
 *
 * Crash: before the rename the job is where it was, after it where it belongs; there is nothing in between.
 */
import { UNSETTLED, WAITING_FOR_TIME } from '../job/state.ts'
import { dirname, join } from 'node:path'
import { type Job, printJob } from '../job/job.ts'
import { formatName, isIntakeName, type JobName, parseName } from '../job/file-name.ts'
import { isRetryDue } from '../job/decide.ts'
import { readJob } from '../job/parse.ts'
import { eachName, exists, lstat, makeDir, move, listDir, readText, stamp } from '../disk/files.ts'
import { doneDir, jobFiles } from './scan.ts'
import { type Durability, flushDir, flushesMoves, flushesRecords } from '../disk/sync.ts'
import { type Home, STATE_DIR } from './layout.ts'
import { DEFAULTS } from '../config/schema.ts'
import { quarantine } from './corrupt.ts'

/** A job file in a directory of our own: only the functions here make one, and only it can be settled. */
export interface Held {
  readonly path: string
  readonly fileName: string
  readonly name: JobName
}

/**
 * Takes a job out of `pending/` into our directory, which also signs for it. Undefined: somebody was faster, or it is
 * no file (a directory, a FIFO) and was set aside.
 */
export function claim(home: Home, ownDir: string, fileName: string, name: JobName): Held | undefined {
  const path = join(ownDir, fileName)
  // If we die after this: a dead holder's job that never started; recovery puts it back, uncounted.
  if (!move(join(home.pending, fileName), path)) return undefined
  const stats = lstat(path)
  if (stats?.isFile()) return { path, fileName, name }
  if (stats) quarantine(home, path, fileName, 'it is not a regular file')
  return undefined
}

/** Rewrites a held job where it lies. False: it, or our directory, was taken away. */
export const stampHeld = (held: Held, job: Job, durability: Durability = DEFAULTS.durability): Promise<boolean> =>
  stamp(held.path, printJob(job), flushesRecords(durability))

/** Moves a stamped job to where its verdict says, `due` in ms. False: it was taken away, and nothing is touched. */
export function settleMove(home: Home, held: Held, job: Job, to: Job['state'], due: number): boolean {
  // Back in line where it stood.
  if (to === 'pending') return putBack(home, held)
  const fileName = formatName({ priority: job.priority, due: Math.round(due * 1000), id: job.id, queue: job.queue })
  // If we die before this: the record is stamped and its traces still lie in run/, so recovery only moves it.
  return moveInto(home, held.path, restingDir(home, to, due), fileName)
}

const restingDir = (home: Home, state: Job['state'], at: number): string =>
  state === 'completed' ? doneDir(home, at) : home[STATE_DIR[state]]

/**
 * Flushes the directory that a job has been moved into, where the settings want that: from here on a power cut does not
 * bring it back to where it was. `at`: for a completed job, when.
 */
export async function flushMove(home: Home, to: Job['state'], at: number, durability: Durability): Promise<void> {
  if (!flushesMoves(durability)) return
  const dir = restingDir(home, to, at)
  await flushDir(dir)
  // The first job of a day makes its directory.
  if (dirname(dir) !== home.root) await flushDir(dirname(dir))
}

/** Into a directory of the home that may be missing: a new day's, or one that somebody removed. */
export function moveInto(home: Home, path: string, dir: string, fileName: string): boolean {
  const target = join(dir, fileName)
  if (move(path, target)) return true
  // Where the file is gone too, perhaps all of the home is, and must not come back by our hand.
  if (!exists(path)) return false
  if (dirname(dir) !== home.root) makeDir(dirname(dir))
  makeDir(dir)
  return move(path, target)
}

/** Puts a held job back under the name it had. False: it was taken away. */
export function putBack(home: Home, held: Held): boolean {
  return moveToPending(home, held.path, held.fileName)
}

/** A file into `pending/`. Should somebody have copied it there, the copy is set aside and not overwritten. */
export function moveToPending(home: Home, path: string, fileName: string): boolean {
  const target = join(home.pending, fileName)
  if (exists(target) && exists(path))
    quarantine(home, target, fileName, 'a copy of a job that exists: another file of this name came into pending/')
  return moveInto(home, path, home.pending, fileName)
}

/** Puts a job back into the state it was taken from. False: it was taken away. */
export function moveBack(home: Home, path: string, fileName: string, state: Job['state']): boolean {
  if (state === 'pending') return moveToPending(home, path, fileName)
  const settledAt = parseName(fileName)?.due
  const day = state === 'completed' && settledAt !== undefined ? doneDir(home, settledAt / 1000) : undefined
  return moveInto(home, path, day ?? home[STATE_DIR[state]], fileName)
}

/** What a look at the waiting places found. Times in milliseconds. */
export interface Promotion {
  /** Names that came into `pending/`. */
  readonly promoted: readonly string[]
  /** When the next job will be due; undefined when none is waiting. */
  readonly next: number | undefined
}

/**
 * Moves what is due out of `scheduled/` and `failed/`. Anybody may; one rename decides who did. The due time stays in
 * the name, so that among equals a retry neither starves nor overtakes fresh work for ever.
 */
export function promote(home: Home, now: number, maxBackoffSeconds: number): Promotion {
  const promoted: string[] = []
  let next: number | undefined
  for (const state of WAITING_FOR_TIME) {
    for (const fileName of eachName(home[state])) {
      const name = parseName(fileName)
      // A dropped file that was put here by hand is taken in like any other.
      if (!name && !isIntakeName(fileName)) continue
      const due = name ? name.due / 1000 : now
      const isDue =
        due <= now ||
        (state === 'failed' &&
          isRetryDue(due, now, maxBackoffSeconds) &&
          isRetryDue(due, now, ownBackoff(join(home.failed, fileName), name) ?? maxBackoffSeconds))
      if (!isDue) next = Math.min(next ?? due, due)
      else if (moveToPending(home, join(home[state], fileName), fileName)) promoted.push(fileName)
    }
  }
  return { promoted, next }
}

/** The longest backoff that a job sets itself, in seconds. */
function ownBackoff(path: string, name: JobName | undefined): number | undefined {
  try {
    return name && readJob(readText(path) ?? '', name, 'failed').max_backoff
  } catch {
    // What cannot be read is due now: whoever claims it sets it aside.
    return undefined
  }
}

/** Is anything left that a worker could still run: `pending/` and `failed/` not empty? */
export const hasWork = (home: Home): boolean =>
  listDir(home.pending).some(isIntakeName) || listDir(home.failed).some(isIntakeName)

/** Is this one job still to be settled? Looks twice, because jobs move. */
export const isUnsettled = (home: Home, id: string): boolean =>
  [1, 2].some(() => {
    for (const seen of jobFiles(home, UNSETTLED)) if (seen.name.id === id) return true
    return false
  })
