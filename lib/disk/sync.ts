/**
 * Flushes: what is still there when the power fails. The setting `durability` says how much of it is wanted.
 *
 * - `full`: besides what `enqueue` flushes, the directory that a settled or changed job was moved into.
 * - `enqueue`: new jobs and their directory before they are acknowledged; every record before it replaces another.
 * - `none`: nothing on the way of a job; the system writes when it likes.
 *
 * A claim is flushed by none of them: undone by a power cut it gives the same as one that was not, the job runs again.
 */
import { closeSync, constants, fdatasync, fsync, fsyncSync, openSync } from 'node:fs'
import { promisify } from 'node:util'
import { errno } from '../errors.ts'

/** Are records flushed before they count? */
export const flushesRecords = (durability: Durability): boolean => durability !== 'none'
/** Is a move flushed before it is told? */
export const flushesMoves = (durability: Durability): boolean => durability === 'full'

/** Flushes an open file's content. */
export const flushFile = promisify(fdatasync)
const flushOpen = promisify(fsync)

/** Flushes a directory: from here on a rename into it survives a power cut. Silent where directories have no flush. */
export function syncDir(path: string): void {
  const fd = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(fd)
  } catch (error) {
    if (errno(error) !== 'EINVAL') throw error
  } finally {
    closeSync(fd)
  }
}

/** By directory: the flush that has not begun yet, which whoever comes now may share. */
const nextFlush = new Map<string, Promise<void>>()
/** By directory: the flush that goes on; what was moved after it began may not be in it. */
const currentFlush = new Map<string, Promise<void>>()

/** Flushes a directory without blocking; those who ask while one flush goes on share the next one. */
export function flushDir(path: string): Promise<void> {
  const shared = nextFlush.get(path)
  if (shared) return shared
  const before = currentFlush.get(path) ?? Promise.resolve()
  const next = before
    .catch(() => {
      // It was told to those who waited for it; ours is another one.
    })
    .then(async () => {
      nextFlush.delete(path)
      currentFlush.set(path, next)
      try {
        await flushNow(path)
      } finally {
        if (currentFlush.get(path) === next) currentFlush.delete(path)
      }
    })
  nextFlush.set(path, next)
  return next
}

async function flushNow(path: string): Promise<void> {
  const fd = openSync(path, constants.O_RDONLY)
  try {
    await flushOpen(fd)
  } catch (error) {
    if (errno(error) !== 'EINVAL') throw error
  } finally {
    closeSync(fd)
  }
}

/** How much is flushed to the disk (see disk/sync.ts); the strongest first. */
export const DURABILITIES = ['full', 'enqueue', 'none'] as const

export type Durability = (typeof DURABILITIES)[number]
