/** Chosen ids: who may use one, decided by hard links. */
import { join } from 'node:path'
import { randomHex } from '../clock.ts'
import { errno, QueueError } from '../errors.ts'
import {
  discard,
  exists,
  linkNew,
  listDir,
  makeDir,
  readText,
  remove,
  removeEmptyDir,
  truncate,
  writeNew,
} from '../disk/files.ts'
import type { Home } from './layout.ts'
import { type Identity, isRunning, ownIdentity } from '../disk/process.ts'
import { findExact } from './lookup.ts'

/** An id that is ours until its job is in view, and by that job from then on. */
export interface Reservation {
  /** The job is in view and speaks for itself: should it be removed by hand, the id is free. */
  use(): void
  /** There will be no job. */
  giveUp(): void
}

export const UNRESERVED: Reservation = { use() {}, giveUp() {} }

/**
 * Makes a chosen id ours, or throws DUPLICATE_JOB. A reservation is a link `logs/<id>/.reserved.<k>` that names the
 * process; one whose process is dead and whose job is in no state is a leftover, and the first to link k+1 has it.
 * The links stay: whoever judged link k may only ever create k+1, so of many who find a leftover one wins. A used
 * reservation is emptied.
 */
export function reserve(home: Home, id: string): Reservation {
  const dir = join(home.logs, id)
  const aside = join(home.tmp, `${id}.${randomHex(8)}.reserved`)
  writeNew(aside, JSON.stringify(ownIdentity()), false)
  try {
    for (;;) {
      const isNew = makeDir(dir)
      const last = Math.max(0, ...listDir(dir).map((name) => Number(/^\.reserved\.(\d+)$/.exec(name)?.[1] ?? 0)))
      // A directory that we made may bear another's reservation by now.
      if ((!isNew || last > 0) && (isReserving(join(dir, `.reserved.${last}`)) || findExact(home, id)))
        throw new QueueError(
          'DUPLICATE_JOB',
          `cannot enqueue ${id}: a job with this id already exists`,
          `see it with: queuectl show ${id}`,
        )
      const mine = join(dir, `.reserved.${last + 1}`)
      if (!tryLink(aside, mine, dir)) continue
      return {
        use: () => truncate(mine),
        giveUp() {
          remove(mine)
          removeEmptyDir(dir)
        },
      }
    }
  } finally {
    discard(aside)
  }
}

/**
 * Keeps everybody from taking over the id of a job that we hold and are about to remove: a reservation behind the last
 * one, which those see who come until the output is gone.
 * @param me a file that says who we are, as a reservation does
 * @returns lifts it
 */
export function blockId(home: Home, id: string, me: string): () => void {
  const dir = join(home.logs, id)
  for (;;) {
    makeDir(dir)
    const last = Math.max(0, ...listDir(dir).map((name) => Number(/^\.reserved\.(\d+)$/.exec(name)?.[1] ?? 0)))
    const mine = join(dir, `.reserved.${last + 1}`)
    if (tryLink(me, mine, dir)) return () => remove(mine)
  }
}

/** False: somebody was faster, or the directory was pruned in between; begin again. */
function tryLink(aside: string, mine: string, dir: string): boolean {
  try {
    return linkNew(aside, mine)
  } catch (error) {
    if (errno(error) === 'ENOENT' && exists(aside)) return false
    removeEmptyDir(dir)
    throw error
  }
}

/** Is the process that made this reservation alive, and therefore perhaps about to publish its job? */
function isReserving(path: string): boolean {
  let owner: Identity | null
  try {
    owner = JSON.parse(readText(path) ?? '') as Identity | null
  } catch {
    // Gone, used, or torn by a power cut, which no process outlives.
    return false
  }
  const me = ownIdentity()
  return owner?.machine === me.machine && owner.boot === me.boot && isRunning(owner)
}
