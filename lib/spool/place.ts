/**
 * Knows whether a home is where its last worker left it. A copy of its files (tar, cp, a restored backup) is another
 * directory with another inode; what was running belongs to the original.
 */
import { join } from 'node:path'
import { fifoState } from '../disk/fifo.ts'
import { exists, listDir, lstat, readText, replaceFile, touch } from '../disk/files.ts'
import { isLocal } from '../disk/probe.ts'
import { scratchPath } from '../disk/scratch.ts'
import { holderOf, OF_ORIGINAL } from './holders.ts'
import type { Home } from './layout.ts'

const placeFile = (home: Home): string => join(home.wake, 'home.inode')
const inodeOf = (home: Home): string => `${lstat(home.root)?.ino ?? ''}\n`

/**
 * Was the home copied since a worker last ran in it? False where none has, and on file systems of other machines, which may
 * show each of them other inodes.
 */
export function isCopied(home: Home): boolean {
  const known = readText(placeFile(home))
  return known !== undefined && known !== inodeOf(home) && isLocal(home.root)
}

/** Makes this the place of the home. */
export function rememberPlace(home: Home): void {
  if (readText(placeFile(home)) === inodeOf(home)) return
  // If we die before the move: scratch, and the next worker does it.
  replaceFile(scratchPath(home.tmp, 'home', 'new'), placeFile(home), inodeOf(home), false)
}

/** Marks the directories of the workers of the original. A held one is of a worker of the copy. */
export function markHolders(home: Home, own: string): void {
  for (const name of listDir(home.processing)) {
    const other = name === own ? undefined : holderOf(home, name)
    if (!other || other.kind === 'operator' || fifoState(join(other.dir, 'alive')) === 'held') continue
    // If we die in here: the place is not remembered yet, and the next worker marks the rest.
    touch(join(other.dir, OF_ORIGINAL))
  }
}

export const isOfOriginal = (dir: string): boolean => exists(join(dir, OF_ORIGINAL))
