/**
 * Changes a job's state: claim, settle, put back, promote. Each is one rename to a name that exists nowhere else; the
 * content is stamped before, in a directory of our own.
 *
 * Crash: before the rename the job is in the old state, after it in the new one; there is nothing in between.
 */
import { UNSETTLED, WAITING_FOR_TIME } from '../job/state.ts'
import { dirname, join } from 'node:path'
import type { Job } from '../job/job.ts'
import { printJob } from '../job/print.ts'
import { formatName, isIntakeName, isPendingName, type JobName, parseName } from '../job/file-name.ts'
import { isRetryDue } from '../job/decide.ts'
import { readJob } from '../job/parse.ts'
import { eachName, exists, lstat, makeDir, move, moveOrFind, listDir, readText, stamp } from '../disk/files.ts'
import { doneDir, jobFiles } from './scan.ts'
import { type Durability, flushDir, flushesMoves, flushesRecords } from '../disk/sync.ts'
import { type Home, STATE_DIR } from './layout.ts'
import { DEFAULTS } from '../config/schema.ts'
import { makeRealDir, quarantine } from './corrupt.ts'
import { placeOfWaiting } from './doors.ts'
import { findSame } from './lookup.ts'

/** A job file in a directory of our own. Holding one is the permission to stamp and settle the job. */
export interface Held {
  readonly path: string
  readonly fileName: string
  readonly name: JobName
}

/**
 * Claims a job: moves it from `pending/` into our directory. Undefined when another worker was first. Whether it is a
 * regular file shows when it is read.
 */
export function claim(home: Home, ownDir: string, fileName: string, name: JobName): Held | undefined {
  const path = join(ownDir, fileName)
  // If we die after this: a dead holder's job that never started; recovery puts it back, and no attempt is used.
  return move(join(home.pending, fileName), path) ? { path, fileName, name } : undefined
}

/** Rewrites a held job's file in place. False when the file or our directory was taken away. */
export const stampHeld = (held: Held, job: Job, durability: Durability = DEFAULTS.durability): Promise<boolean> =>
  stamp(held.path, printJob(job), flushesRecords(durability))

/** Moves a stamped job to the state of its verdict, `due` in ms. False when it was taken away: nothing is changed. */
export function settleMove(home: Home, held: Held, job: Job, to: Job['state'], due: number): boolean {
  // Under its old name, so that it keeps its position.
  if (to === 'pending') return putBack(home, held)
  const { slug } = held.name
  const { priority, id, queue } = job
  const fileName = formatName({ priority, due: Math.round(due * 1000), id, queue, slug })
  // If we die before this: the record is stamped and its traces are still in run/, so recovery only moves it.
  return moveInto(home, held.path, join(settledDir(home, to, due), fileName))
}

const settledDir = (home: Home, state: Job['state'], at: number): string =>
  state === 'completed' ? doneDir(home, at) : home[STATE_DIR[state]]

/**
 * Flushes the directory that a job was moved into, if `durability` is `full`: from then on a power cut does not undo
 * the move. `at` is when a completed job finished (ms).
 */
export async function flushMove(home: Home, to: Job['state'], at: number, durability: Durability): Promise<void> {
  if (!flushesMoves(durability)) return
  const dir = settledDir(home, to, at)
  await flushDir(dir)
  // The first job of a day created its directory.
  if (dirname(dir) !== home.root) await flushDir(dirname(dir))
}

/**
 * Moves a file into a directory of the home, which is created if it is missing: a new day's, or one that was removed.
 * False when the file is gone. If we die in here: perhaps an empty directory.
 */
export function moveInto(home: Home, path: string, target: string, isOurs?: (to: string) => boolean): boolean {
  const dir = dirname(target)
  const isDay = dirname(dir) !== home.root
  // A link in the place of a day would lead the job out of the home.
  if (isDay && lstat(dir)?.isDirectory() === false) makeRealDir(home, dir)
  if (move(path, target, isOurs)) return true
  // If the file is gone too, the whole home may have been removed: do not recreate it.
  if (!exists(path)) return false
  // Again: a door in `waiting/` is removed as soon as no job waits at it.
  for (let tries = 0; tries < 3; tries++) {
    if (isDay) makeDir(dirname(dir))
    makeDir(dir)
    if (move(path, target, isOurs)) return true
  }
  return false
}

/**
 * Moves a job out of a directory of our own to where a worker may take it on at once. False when it was taken away by
 * hand. A rename that was done and answered "not there" leaves it in neither place then: it is searched for.
 */
export function moveOut(home: Home, path: string, target: string, job: Job): boolean {
  return moveOrFind(
    () => moveInto(home, path, target),
    // If our directory is gone too, it was the process that took it over that moved the job.
    () => !exists(path) && exists(dirname(path)) && findSame(home, job) !== undefined,
  )
}

/** Puts a held job back to `pending/` under its old name. False when it was taken away. */
export function putBack(home: Home, held: Held): boolean {
  return moveToPending(home, held.path, held.fileName)
}

/** Moves a file into `pending/`. A copy of it that was put there meanwhile is quarantined, not overwritten. */
export function moveToPending(home: Home, path: string, fileName: string, isOurs?: () => boolean): boolean {
  const target = join(home.pending, fileName)
  if (exists(target) && exists(path))
    quarantine(home, target, fileName, 'a copy of a job that exists: another file of this name came into pending/')
  return moveInto(home, path, target, isOurs)
}

/** Puts a job back into the state it was taken from. False when it was taken away. */
export function moveBack(home: Home, path: string, fileName: string, state: Job['state']): boolean {
  if (state === 'pending') return moveToPending(home, path, fileName)
  if (state === 'waiting') return moveInto(home, path, join(placeOfWaiting(home, path), fileName))
  const settledAt = parseName(fileName)?.due
  const day = state === 'completed' && settledAt !== undefined ? doneDir(home, settledAt / 1000) : undefined
  return moveInto(home, path, join(day ?? home[STATE_DIR[state]], fileName))
}

/** Any worker promotes, and under the same name: what is in `pending/` already was promoted by another one. */
const byAnother = (): boolean => false

/** Does something with one entry, given by its path in the home; a failure is about this entry and is not thrown. */
export type Contain = (entry: string, doing: string, act: () => void) => void

/** The result of a promotion. Times in milliseconds. */
export interface Promotion {
  /** The names moved into `pending/`. */
  readonly promoted: readonly string[]
  /** When the next waiting job is due; undefined when none waits. */
  readonly next: number | undefined
}

/**
 * Moves jobs that are due from `scheduled/` and `failed/` to `pending/`. Any process may do this: the rename decides
 * who moved a job. The due time stays in the name, so that a retry of the same priority neither starves nor overtakes
 * new jobs for ever.
 */
export function promote(
  home: Home,
  now: number,
  maxBackoffSeconds: number,
  contain: Contain = (_entry, _doing, act) => act(),
): Promotion {
  const promoted: string[] = []
  let next: number | undefined
  for (const state of WAITING_FOR_TIME) {
    for (const fileName of eachName(home[state])) {
      const name = parseName(fileName)
      // A dropped file in one of these directories is moved to pending/ and taken in there.
      if (!name && !isIntakeName(fileName)) continue
      const due = name ? dueOf(home, { state, fileName, name }, now, maxBackoffSeconds) : now
      if (due > now) next = Math.min(next ?? due, due)
      else
        contain(`${state}/${fileName}`, `promote ${fileName}`, () => {
          if (moveToPending(home, join(home[state], fileName), fileName, byAnother)) promoted.push(fileName)
        })
    }
  }
  return { promoted, next }
}

/**
 * When a job that waits for its time is due (ms), for every worker: `now` for a retry that is further ahead than any
 * back-off, because the clock was set back.
 */
export function dueOf(
  home: Home,
  { state, fileName, name }: { readonly state: Job['state']; readonly fileName: string; readonly name: JobName },
  now: number,
  maxBackoffSeconds: number,
): number {
  const due = name.due / 1000
  const isClockBack =
    state === 'failed' &&
    isRetryDue(due, now, maxBackoffSeconds) &&
    isRetryDue(due, now, ownBackoff(join(home.failed, fileName), name) ?? maxBackoffSeconds)
  return isClockBack ? Math.min(due, now) : due
}

/** The job's own `max_backoff`, in seconds; undefined when it has none. */
function ownBackoff(path: string, name: JobName | undefined): number | undefined {
  try {
    return name && readJob(readText(path) ?? '', name, 'failed').max_backoff
  } catch {
    // An unreadable file is promoted like any other; the worker that claims it quarantines it.
    return undefined
  }
}

/**
 * Is there a job in `pending/` or `failed/`, which a worker will run?
 * @param counts whether an entry, given by its path in the home, counts
 */
export const hasWork = (home: Home, counts: (entry: string) => boolean = () => true): boolean =>
  listDir(home.pending).some((fileName) => isPendingName(fileName) && counts(`pending/${fileName}`)) ||
  listDir(home.failed).some((fileName) => isIntakeName(fileName) && counts(`failed/${fileName}`))

/** Is this job waiting or running? Scans twice, because jobs move during a scan. */
export const isUnsettled = (home: Home, id: string): boolean =>
  [1, 2].some(() => {
    for (const file of jobFiles(home, UNSETTLED)) if (file.name.id === id) return true
    return false
  })
