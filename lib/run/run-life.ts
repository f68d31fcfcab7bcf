/**
 * Is anything of a run alive? The kernel tells by the run's FIFO. Where the FIFO says nothing (removed, not readable,
 * replaced), the start mark and a search through all processes do. Not seeing a process is never taken for its end.
 */
import { basename } from 'node:path'
import { bootSeconds, nowMs } from '../clock.ts'
import { fifoState } from '../disk/fifo.ts'
import { lstat } from '../disk/files.ts'
import { findHolders, type HolderSearch, holdersOf, isRunning, ownIdentity, TICKS_PER_SECOND } from '../disk/process.ts'
import type { StartMark } from './start-mark.ts'
import type { RunPaths } from './paths.ts'

/**
 * - `alive`: a process of the run exists.
 * - `over`: none does.
 * - `hidden`: it cannot be told, because the FIFO is gone and not every process could be looked at.
 */
export type RunLife = 'alive' | 'over' | 'hidden'

/** What there is of a start mark: `none`: no such file. `unreadable`: something of that name that is no start mark. */
export type MarkState = StartMark | 'none' | 'unreadable'

/** @param hasEnded its own command is known to have ended, so that its leader may be a shell that serves other runs */
export function lifeOf(paths: RunPaths, mark: MarkState, hasEnded = false): RunLife {
  const known = typeof mark === 'string' ? undefined : mark
  const state = fifoState(paths.fifo, known?.fifo)
  if (state !== 'unknown') return state === 'held' ? 'alive' : 'over'
  // The shell writes the start mark before the command: without one no command has begun.
  if (mark === 'none') return 'over'
  if (!known) return 'hidden'
  const me = ownIdentity()
  if (known.boot === undefined ? isOfEarlierBoot(paths.mark) : known.boot !== me.boot) return 'over'
  if (known.ns !== undefined && known.ns !== me.ns) return 'hidden'
  if (!hasEnded && known.leader && isRunning(known.leader)) return 'alive'
  const { pids, isComplete } = searchByInode(paths, known)
  return pids.length > 0 ? 'alive' : isComplete ? 'over' : 'hidden'
}

/** A mark of a version that did not write the boot id. */
const isOfEarlierBoot = (mark: string): boolean => (lstat(mark)?.ctimeMs ?? 0) < nowMs() - bootSeconds() * 1000

/** The processes of a run that are seen to be alive, by pid. */
export function processesOf(paths: RunPaths, mark: MarkState): readonly number[] {
  const known = typeof mark === 'string' ? undefined : mark
  return fifoState(paths.fifo, known?.fifo) === 'held' || !known
    ? holdersOf(paths.fifo)
    : searchByInode(paths, known).pids
}

/** A FIFO that was removed or replaced is found by its inode, on the device that its directory is on. */
function searchByInode(paths: RunPaths, { fifo, since }: StartMark): HolderSearch {
  const dev = lstat(paths.dir)?.dev
  if (fifo === undefined || dev === undefined) return { pids: [], isComplete: false }
  // The inode of a removed FIFO is used again: then a process has it open as the FIFO of another run, or of a pool.
  const own = basename(paths.fifo)
  const isWanted = (name: string): boolean =>
    name.endsWith(' (deleted)') || basename(name) === own || !/\.fifos?(\/|$)/.test(name)
  return findHolders({ dev, ino: fifo }, { since: (since ?? 0) * TICKS_PER_SECOND, isWanted })
}

/** Why a job cannot run again: what is alive of an earlier run and cannot be ended. One sentence for people. */
export function heldSentence(paths: RunPaths, run: number): string {
  const stats = lstat(paths.fifo)
  const where = stats?.isFIFO()
    ? `device:inode ${stats.dev}:${stats.ino}; find it with: fuser ${paths.fifo}`
    : `its FIFO ${paths.fifo} is gone`
  return `run ${run} is held, holder not visible (${where})`
}
