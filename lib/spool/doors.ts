/**
 * Where jobs lie that wait for others: each at one door, `waiting/<parent>/`, under its name in the queue. It goes from door
 * to door, and last to `pending/`; its record says which parents it need not wait for any more (`met`).
 */
import { basename, join } from 'node:path'
import { nowMs } from '../clock.ts'
import { type Block, conditionsOf, type Dependent, doorOf, judge, type ParentState } from '../job/after.ts'
import { parseName } from '../job/file-name.ts'
import type { Job } from '../job/job.ts'
import { readJob } from '../job/parse.ts'
import { exists, isOwnDir, listOwnDir, lstat, readText, remove, removeEmptyDir, replaceFile } from '../disk/files.ts'
import { type Identity, isRunning, isSameNamespace, ownIdentity } from '../disk/process.ts'
import { scratchOwner, scratchPath } from '../disk/scratch.ts'
import { QueueError } from '../errors.ts'
import { makeRealDir, removeOrQuarantine } from './corrupt.ts'
import type { Home } from './layout.ts'
import { findExact } from './lookup.ts'
import { type JobFile, jobFiles, readJobFile, type Unlisted } from './scan.ts'

/** The directory of those who wait for this job. */
export const doorPath = (home: Home, parent: string): string => join(home.waiting, parent)

/** Makes the door of a job. A link in its place would lead jobs out of the home. If we die in here: an empty directory. */
export function makeDoor(home: Home, parent: string): void {
  makeRealDir(home, home.waiting, true)
  makeRealDir(home, doorPath(home, parent))
}

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

/** What keeps a job that is dead from being retried: a job it waits for; undefined when nothing does. */
export function blockOf(home: Home, job: Job): Block | undefined {
  const impossible = impossibleOf(home, job)
  if (!impossible) return undefined
  const { because, is } = impossible
  const retry = firstToRetry(home, because)
  return { because, is, ...(retry === undefined ? {} : { retry }), comes_back: exists(hintPath(home, because, job.id)) }
}

function impossibleOf(home: Home, job: Job): { readonly because: string; readonly is: ParentState } | undefined {
  if (job.runs > 0) return undefined
  const standing = judge(job, (parent) => stateOfParent(home, parent))
  return standing.kind === 'impossible' ? standing : undefined
}

/**
 * The job to retry so that this one, which has ended, can run again: itself, or what it was cancelled for in turn; undefined
 * when that is gone. A child of a job that was cancelled comes back with it.
 */
export function firstToRetry(home: Home, id: string): string | undefined {
  const seen = new Set<string>()
  for (let at = id; !seen.has(at); ) {
    seen.add(at)
    const file = findExact(home, at)
    const job = file && readJobFile(file)?.job
    if (!file) return undefined
    const above = job && impossibleOf(home, job)
    if (!above) return at
    at = above.because
  }
  // Only hands make a ring.
  return id
}

/** The file names of the jobs at a door. */
export const childrenAt = (home: Home, parent: string): string[] =>
  listOwnDir(home.waiting, parent).filter((fileName) => parseName(fileName) !== undefined)

/**
 * The ids that a job in `waiting/` or `hold/` asks for: these jobs are not removed, since their end must still be seen. Reads
 * the jobs there.
 */
export const waitedFor = (home: Home): ReadonlySet<string> => new WaitedFor(home).all()

/** What is not seen to wait may wait all the same: then nothing is removed. */
const unknown = (why: string): QueueError =>
  new QueueError('FAILED', `cannot tell which jobs are waited for: ${why}`, 'see what is wrong with: queuectl doctor')

/** Who is waited for, again and again: a job that was read once is not read again while it lies under this name. */
export class WaitedFor {
  readonly #home: Home
  readonly #known = new Map<string, readonly string[]>()

  constructor(home: Home) {
    this.#home = home
  }

  all(): Set<string> {
    const ids = new Set<string>()
    if (!exists(this.#home.waiting)) return ids
    const unlisted: Unlisted[] = []
    for (const file of jobFiles(this.#home, ['waiting', 'held'], undefined, unlisted))
      for (const one of this.#parentsOf(file)) ids.add(one)
    for (const { dir, why } of unlisted) throw unknown(`${dir} cannot be listed (${why})`)
    return ids
  }

  #parentsOf(file: JobFile): readonly string[] {
    const key = `${file.state}/${file.fileName}`
    const known = this.#known.get(key)
    if (known) return known
    const content = readJobFile(file)
    if (content && 'mayBeGood' in content) throw unknown(`${file.path} cannot be read: ${content.unreadable}`)
    const parents = conditionsOf(content?.job ?? {}).map(({ job }) => job)
    this.#known.set(key, parents)
    return parents
  }

  /** Is this job waited for, or may it be, by a job that is being enqueued? A pruner asks once it has it in hand. */
  has(id: string): boolean {
    return exists(this.#home.waiting) && (hasSign(this.#home, id) || this.all().has(id) || hasSign(this.#home, id))
  }
}

/** Begins the name of a sign at a door: a job is being enqueued that may come to wait for this one. */
const SIGN = '.for.'

function hasSign(home: Home, parent: string): boolean {
  return listOwnDir(home.waiting, parent).some((name) => name.startsWith(SIGN) && isObeyed(home, parent, name))
}

/**
 * For how long (ms) the sign of a process is obeyed of which we cannot know whether it lives: one of another pid namespace or
 * machine. It costs nothing but that the job stays a little longer.
 */
const UNKNOWN_FOR_MS = 3_600_000

/** May its process be alive? */
function isObeyed(home: Home, parent: string, sign: string): boolean {
  const path = join(doorPath(home, parent), sign)
  const owner = readOwner(path)
  if (owner === undefined) {
    const pid = scratchOwner(sign)
    return pid !== undefined && isRunning({ pid, start: '' })
  }
  if (isSameNamespace(owner, ownIdentity())) return isRunning(owner)
  return nowMs() - (lstat(path)?.ctimeMs ?? 0) < UNKNOWN_FOR_MS
}

/** Undefined: it is of a version that wrote nothing into it. */
function readOwner(path: string): Identity | undefined {
  try {
    const owner = JSON.parse(readText(path) ?? '') as Partial<Identity> | null
    return typeof owner?.boot === 'string' && Number.isSafeInteger(owner.pid) ? (owner as Identity) : undefined
  } catch {
    // See above; or it cannot be read, and may be anybody's.
    return undefined
  }
}

/** Removes what those have left at a door who died while they enqueued. */
export function sweepSigns(home: Home, parent: string): void {
  for (const name of listOwnDir(home.waiting, parent))
    if (name.startsWith(SIGN) && !isObeyed(home, parent, name))
      removeOrQuarantine(home, join(doorPath(home, parent), name), 'it was in the place of a sign at a door')
}

/**
 * The signs of jobs that are being enqueued. Each is left before the parent is looked at, and stays until the job is in view: a
 * pruner that has the parent in hand sees it, or we see that the parent has ended.
 */
export class Signs {
  readonly #home: Home
  readonly #paths = new Map<string, string>()

  constructor(home: Home) {
    this.#home = home
  }

  leave(parent: string): void {
    if (this.#paths.has(parent)) return
    const door = doorPath(this.#home, parent)
    const path = scratchPath(door, SIGN.slice(0, -1), 'sign')
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      makeDoor(this.#home, parent)
      const aside = scratchPath(this.#home.tmp, 'sign', 'new')
      // If we die in here: scratch. After it: a sign that nobody obeys who sees that we are gone; whoever looks at the door
      // removes it.
      if (replaceFile(aside, path, JSON.stringify(ownIdentity()), false)) {
        this.#paths.set(parent, path)
        return
      }
      // A door at which nobody waits is removed by whoever sees it.
    }
    throw new QueueError('FAILED', `cannot wait for ${parent}: ${door} is removed again and again`, 'try again')
  }

  remove(): void {
    for (const [parent, path] of this.#paths) {
      remove(path)
      removeEmptyDir(doorPath(this.#home, parent))
    }
    this.#paths.clear()
  }
}

const MAX_TRIES = 10

/** Begins the name of a hint at a door: this child was cancelled because of the parent, and comes back if that is retried. */
const CANCELLED = '.cancelled.'

export const hintPath = (home: Home, parent: string, child: string): string =>
  join(doorPath(home, parent), `${CANCELLED}${child}`)

/** Removes a hint that is of no use any more, and the door if it was the last in there. If we die in here: one that says nothing. */
export function dropHint(home: Home, parent: string, child: string): void {
  if (!isOwnDir(home.waiting, parent)) return
  removeOrQuarantine(home, hintPath(home, parent, child), 'it was in the place of a hint at a door')
  removeEmptyDir(doorPath(home, parent))
}

/** The ids of the children that were cancelled because of a parent. */
export const cancelledAt = (home: Home, parent: string): string[] =>
  listOwnDir(home.waiting, parent).flatMap((name) => (name.startsWith(CANCELLED) ? [name.slice(CANCELLED.length)] : []))
