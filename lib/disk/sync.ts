/**
 * Flushes files and directories, so that they survive a power cut. The setting `durability` says which:
 *
 * - `full`: what `enqueue` flushes, and the directory that a settled or changed job was moved into.
 * - `enqueue`: new jobs and their directory before they are acknowledged; every record before it replaces another.
 * - `none`: nothing on the way of a job; the system writes when it likes.
 *
 * No setting flushes a claim: whether or not a power cut undoes it, the job runs again.
 */
import { closeSync, constants, fdatasync, fsync, fsyncSync, openSync } from 'node:fs'
import { promisify } from 'node:util'
import { errno } from '../errors.ts'

/** Are records flushed before they count? */
export const flushesRecords = (durability: Durability): boolean => durability !== 'none'
/** Is a move flushed before it is reported? */
export const flushesMoves = (durability: Durability): boolean => durability === 'full'

/** Flushes an open file's content. */
export const flushFile = promisify(fdatasync)
/** The same with a callback, for where a promise is too dear. */
export const flushFileThen: (fd: number, then: (error: Error | null) => void) => void = fdatasync
const flushOpen = promisify(fsync)

/** Flushes a directory, so that a rename into it survives a power cut. Does nothing where directories have no flush. */
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

/** By directory: the next flush. It has not started, so new callers may share it. */
const nextFlush = new Map<string, Promise<void>>()
/** By directory: the flush that is running. It may not include what was moved after it started. */
const currentFlush = new Map<string, Promise<void>>()

/** Flushes a directory without blocking. Calls made while a flush is running share the next one. */
export function flushDir(path: string): Promise<void> {
  const shared = nextFlush.get(path)
  if (shared) return shared
  const before = currentFlush.get(path) ?? Promise.resolve()
  const next = before
    .catch(() => {
      // Its callers got the error; this flush is another one.
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

/** The values of the setting, strongest first. */
export const DURABILITIES = ['full', 'enqueue', 'none'] as const

export type Durability = (typeof DURABILITIES)[number]
