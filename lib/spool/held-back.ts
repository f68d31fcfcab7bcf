/** Why a worker claims nothing now, in `processing/<worker>/held-back`: written when that changes, read by `status` and `explain`. */
import { join } from 'node:path'
import { discard, readText, replaceFile } from '../disk/files.ts'
import { scratchPath } from '../disk/scratch.ts'
import type { Holder } from './holders.ts'
import type { Home } from './layout.ts'

const pathIn = (dir: string): string => join(dir, 'held-back')

/** Best effort: it is in the worker's log as well. */
export function writeHeldBack(home: Home, dir: string, why: string | undefined): void {
  if (why === undefined) return discard(pathIn(dir))
  try {
    // If we die here: scratch that the sweeper removes, or the reason in the directory of a dead worker.
    replaceFile(scratchPath(home.tmp, 'held-back', 'new'), pathIn(dir), why, false)
  } catch {
    // A full disk: then nothing is claimed for that reason.
  }
}

/** Undefined while it claims. Only workers with a limit are asked. */
export function heldBackBy({ dir, life, card }: Holder): string | undefined {
  if (life !== 'alive' || (card?.limits?.max_load ?? card?.limits?.min_free_mem) === undefined) return undefined
  try {
    return readText(pathIn(dir))
  } catch {
    // Gone meanwhile, or not written by a worker.
    return undefined
  }
}
