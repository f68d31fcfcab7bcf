/**
 * Leftovers of processes that died: scratch in `tmp/`. Any worker may sweep at any time.
 */
import { join } from 'node:path'
import { errno } from '../errors.ts'
import { lstat, listDir, removeScratchDir } from '../disk/files.ts'
import type { Home } from './layout.ts'
import { isRunning } from '../disk/process.ts'

/** Scratch this old (ms) has no owner left who could still want it. */
const SCRATCH_AGE = 3_600_000

/** Removes leftovers as of `now` (ms). */
export function sweep(home: Home, now: number): void {
  for (const path of scratchOf(home, now)) removeScratch(path)
}

function removeScratch(path: string): void {
  try {
    removeScratchDir(path)
  } catch (error) {
    // Somebody is still putting things there (a clock is ahead of theirs): perhaps the next sweep finds it at rest.
    if (errno(error) !== 'ENOTEMPTY') throw error
  }
}

/** A clock that was set ahead makes everything old: what a living process has made ready for itself stays. */
function isInUse(name: string): boolean {
  const owner = /^(?:worker|operator)-(\d+)-/.exec(name)?.[1]
  return owner !== undefined && isRunning({ pid: Number(owner), start: '' })
}

/** What dead processes left in `tmp/`. Only names that we make ourselves; a person's file stays. */
export const scratchOf = (home: Home, now: number): string[] =>
  listDir(home.tmp)
    .filter((name) => /\.(new|note|reserved|fifos|logs)$|^(worker|operator)-/.test(name))
    .filter((name) => !isInUse(name))
    .map((name) => join(home.tmp, name))
    .filter((path) => now - (lstat(path)?.mtimeMs ?? now) > SCRATCH_AGE)
