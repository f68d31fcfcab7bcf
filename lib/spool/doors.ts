/**
 * Where jobs lie that wait for others: each at one door, `waiting/<parent>/`, under its name in the queue. It goes from door
 * to door, and last to `pending/`; its record says which parents it need not wait for any more (`met`).
 */
import { basename, join } from 'node:path'
import { conditionsOf, type Dependent, doorOf, type ParentState } from '../job/after.ts'
import { parseName } from '../job/file-name.ts'
import { readJob } from '../job/parse.ts'
import { exists, listRealDir, readText } from '../disk/files.ts'
import type { Home } from './layout.ts'
import { findExact } from './lookup.ts'
import { jobFiles, readJobFile } from './scan.ts'

/** The directory of those who wait for this job. */
export const doorPath = (home: Home, parent: string): string => join(home.waiting, parent)

/** The directory in which a waiting job with this record lies; undefined when it waits for nothing. */
export function doorDirOf(home: Home, job: Dependent): string | undefined {
  const door = doorOf(job)
  return door === undefined ? undefined : doorPath(home, door)
}

/** The same for a file; `pending/` for one that cannot be read, where the worker that claims it says what is wrong. */
export function placeOfWaiting(home: Home, path: string): string {
  try {
    const name = parseName(basename(path))
    const text = readText(path)
    if (name && text !== undefined) return doorDirOf(home, readJob(text, name, 'waiting')) ?? home.pending
  } catch {
    // See above.
  }
  return home.pending
}

/** What a parent is now. `gone` after one look may be a job that moves: who acts on it looks again. */
export function stateOfParent(home: Home, id: string): ParentState {
  const state = findExact(home, id)?.state
  if (state === undefined) return 'gone'
  return state === 'completed' || state === 'dead' ? state : 'unfinished'
}

/** The file names of the jobs at a door. */
export const childrenAt = (home: Home, parent: string): string[] =>
  listRealDir(doorPath(home, parent)).filter((fileName) => parseName(fileName) !== undefined)

/**
 * The ids that a job in `waiting/` or `hold/` asks for: these jobs are not removed, since their end must still be seen. Reads
 * the jobs there.
 */
export function waitedFor(home: Home): ReadonlySet<string> {
  const ids = new Set<string>()
  if (!exists(home.waiting)) return ids
  for (const file of jobFiles(home, ['waiting', 'held']))
    for (const { job } of conditionsOf(readJobFile(file)?.job ?? {})) ids.add(job)
  return ids
}

/** Begins the name of a hint at a door: this child was cancelled because of the parent, and comes back if that is retried. */
const CANCELLED = '.cancelled.'

export const hintPath = (home: Home, parent: string, child: string): string =>
  join(doorPath(home, parent), `${CANCELLED}${child}`)

/** The ids of the children that were cancelled because of a parent. */
export const cancelledAt = (home: Home, parent: string): string[] =>
  listRealDir(doorPath(home, parent)).flatMap((name) =>
    name.startsWith(CANCELLED) ? [name.slice(CANCELLED.length)] : [],
  )
