/**
 * Sweeps the scratch that dead processes left in `tmp/`. Any worker may sweep at any time.
 *
 * Crash: what is left is swept the next time.
 */
import { join } from 'node:path'
import { eachOf } from '../disk/each.ts'
import { errno } from '../errors.ts'
import { lstat, listDir, removeScratchDir } from '../disk/files.ts'
import { isScratch, scratchOwner } from '../disk/scratch.ts'
import type { Home } from './layout.ts'
import { sweepLimits } from './limits.ts'
import { sweepRates } from './rates.ts'
import { sweepFired } from './schedules.ts'
import { sweepKeys } from './unique.ts'
import { isRunning } from '../disk/process.ts'

/** Scratch unchanged for this time (ms) has no living owner. */
const SCRATCH_AGE_MS = 3_600_000

/** Removes leftovers as of `now` (ms). */
export function sweep(home: Home, now: number): void {
  eachOf(scratchOf(home, now), removeScratch)
  sweepLimits(home)
  sweepRates(home)
  sweepFired(home)
  sweepKeys(home, now)
}

function removeScratch(path: string): void {
  try {
    removeScratchDir(path)
  } catch (error) {
    // Its owner lives and added a file meanwhile (our clock is ahead): leave it to the next sweep.
    if (errno(error) !== 'ENOTEMPTY') throw error
  }
}

/** A clock set ahead makes everything look old: what a living process prepared for itself stays. */
function isInUse(name: string): boolean {
  const pid = scratchOwner(name)
  return pid !== undefined && isRunning({ pid, start: '' })
}

/** The scratch of dead processes in `tmp/`. Only names that queuectl makes: other files stay. */
export const scratchOf = (home: Home, now: number): string[] =>
  listDir(home.tmp)
    .filter((name) => isScratch(name) && !isInUse(name))
    .map((name) => join(home.tmp, name))
    .filter((path) => now - (lstat(path)?.mtimeMs ?? now) > SCRATCH_AGE_MS)
