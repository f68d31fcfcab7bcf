/** Reserves chosen ids by hard links, so that of several processes that want an id exactly one gets it. */
import { join, relative } from 'node:path'
import { nowMs } from '../clock.ts'
import { errno, QueueError } from '../errors.ts'
import {
  discard,
  exists,
  linkNew,
  listDir,
  lstat,
  makeDir,
  readText,
  remove,
  removeEmptyDir,
  truncate,
  writeNew,
} from '../disk/files.ts'
import { failureKind } from '../disk/errno.ts'
import { makeRealDir } from './corrupt.ts'
import type { Home } from './layout.ts'
import { type Identity, isRunning, isSameNamespace, ownIdentity } from '../disk/process.ts'
import { findExact } from './lookup.ts'
import { scratchPath } from '../disk/scratch.ts'

/** A chosen id that is reserved until its job is visible; from then on the job itself keeps it. */
export interface Reservation {
  /** The job is visible. If it is removed by hand later, the id is free. */
  use(): void
  /** Frees the id: there will be no job. */
  giveUp(): void
}

export const UNRESERVED: Reservation = { use() {}, giveUp() {} }

/**
 * Reserves a chosen id. A reservation is a link `logs/<id>/.reserved.<k>` to a file that names the process. If that
 * process is dead and no job has the id, it is a leftover, and the process that links k+1 first gets the id. Links
 * stay, and a process that judged link k may only create k+1: so exactly one of those that find a leftover wins. A used
 * reservation is emptied.
 *
 * If we die in here: scratch, and perhaps a leftover reservation.
 * @param path the file that will be moved into view as the job; it exists already
 * @throws QueueError DUPLICATE_JOB when the id is taken or reserved
 */
export function reserve(home: Home, id: string, path: string): Reservation {
  const file = relative(home.root, path)
  const dir = join(home.logs, id)
  const aside = scratchPath(home.tmp, id, 'reserved')
  writeNew(aside, JSON.stringify({ ...ownIdentity(), file } satisfies Owner), false)
  try {
    for (;;) {
      const isNew = makeDir(dir)
      // A link there would lead out of the home.
      if (!isNew && lstat(dir)?.isDirectory() === false)
        throw new QueueError('NOT_WRITABLE', `cannot enqueue ${id}: ${dir} is not a directory`, 'move it away')
      const last = Math.max(0, ...listDir(dir).map((name) => Number(/^\.reserved\.(\d+)$/.exec(name)?.[1] ?? 0)))
      // Even a directory that we made may have another process's reservation by now.
      if ((!isNew || last > 0) && (isReserving(home, join(dir, `.reserved.${last}`), file) || findExact(home, id)))
        throw new QueueError(
          'DUPLICATE_JOB',
          `cannot enqueue ${id}: a job with this id already exists`,
          `see it with: queuectl show ${id}`,
        )
      const link = join(dir, `.reserved.${last + 1}`)
      if (!tryLink(aside, link, dir)) continue
      return {
        use: () => truncate(link),
        giveUp() {
          remove(link)
          removeEmptyDir(dir)
        },
      }
    }
  } finally {
    discard(aside)
  }
}

/**
 * Blocks the id of a job that we hold and are about to remove: a reservation after the last one, which `reserve` finds
 * until the output is removed. If we die: a leftover reservation, which blocks nothing.
 * @param identityFile a file that names this process, as a reservation does
 * @returns removes the block
 */
export function blockId(home: Home, id: string, identityFile: string): () => void {
  const dir = join(home.logs, id)
  for (;;) {
    makeRealDir(home, dir)
    const last = Math.max(0, ...listDir(dir).map((name) => Number(/^\.reserved\.(\d+)$/.exec(name)?.[1] ?? 0)))
    const link = join(dir, `.reserved.${last + 1}`)
    if (tryLink(identityFile, link, dir)) return () => remove(link)
  }
}

/** False when another process was first, or the directory was pruned meanwhile: try again. */
function tryLink(aside: string, link: string, dir: string): boolean {
  try {
    return linkNew(aside, link)
  } catch (error) {
    if (errno(error) === 'ENOENT' && exists(aside)) return false
    removeEmptyDir(dir)
    throw error
  }
}

/** What a reservation says: its process, and what that process cannot publish the job without. */
interface Owner extends Identity {
  /** The file that is moved into view as the job, relative to the home. It was there before the reservation. */
  readonly file?: string
  /** Of an operator's card: the directory in `processing/` that it works in. */
  readonly name?: string
}

/** How long (ms) an unfinished job is left to a process of which we cannot know whether it lives. */
const UNKNOWN_FOR_MS = 60_000

/**
 * Can the job of this reservation still appear? A pid tells only within our own boot and pid namespace. Any other
 * process is judged by the file that it needs. Scratch that is old is removed: then even a living owner cannot publish,
 * so the same id is never acknowledged twice.
 * @param file ours, relative to the home: what a dead operator left, we may finish
 */
export function isReserving(home: Home, path: string, file: string | undefined): boolean {
  let owner: Owner | null
  try {
    owner = JSON.parse(readText(path) ?? '') as Owner | null
  } catch (error) {
    // Whether the id is taken cannot be told now.
    if (['surroundings', 'machine'].includes(failureKind(error))) throw error
    // Gone, used, or torn by a power cut, which its process did not survive.
    return false
  }
  if (typeof owner?.boot !== 'string') return false
  const me = ownIdentity()
  const needs = owner.file ?? (owner.name && join('processing', owner.name))
  // An older version named no file.
  if (needs === undefined) return owner.machine === me.machine && owner.boot === me.boot && isRunning(owner)
  if (isSameNamespace(owner, me)) return isRunning(owner)
  const scratch = /^tmp\/([^/]+\.new)$/.exec(needs)?.[1]
  if (scratch === undefined)
    return isOfHolder(needs) && file?.startsWith(`${needs}/`) !== true && exists(join(home.root, needs))
  const aside = join(home.tmp, scratch)
  if (nowMs() - (lstat(path)?.ctimeMs ?? 0) < UNKNOWN_FOR_MS) return exists(aside)
  // If we die after this: its owner, should it live, fails to publish and acknowledges nothing.
  remove(aside)
  return false
}

/** Only a path into the directory of a holder is looked at. */
const isOfHolder = (file: string): boolean =>
  /^processing\/(worker|rescue|operator)-/.test(file) && !file.split('/').includes('..')
