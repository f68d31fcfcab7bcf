/**
 * Measures free disk space, decides whether jobs may be started, and keeps the ballast: 1 MiB that is removed when the
 * disk is full, so that running jobs can still be moved (on a full disk even a rename fails).
 *
 * The file system reports free space and inodes. Where they are low, or the ballast is gone, as much as a start needs
 * is written to `tmp/` and removed: that detects quotas too.
 */
import { statfsSync, type StatsFs } from 'node:fs'
import { dirname } from 'node:path'
import { exists, isFull, remove, replaceFile, writeNew } from './files.ts'
import { scratchPath } from './scratch.ts'

const BALLAST_BYTES = 1_048_576
/** The most that starting a job takes, without what the job itself writes. */
const START_BYTES = 65_536
/** A run has up to 7 files; its FIFO is made in a batch of 64. */
const START_INODES = 100
/** Less than this is reported as `low`. */
const LOW_BYTES = 67_108_864
const LOW_INODES = 1000

/** `low`: soon `full`. `full`: no job is started. */
export interface DiskSpace {
  readonly state: 'ok' | 'low' | 'full'
  readonly free_bytes: number
  /** Undefined where the file system has no fixed number of inodes. */
  readonly free_inodes: number | undefined
  readonly ballast: boolean
}

/** The paths of a home that are used here. */
export interface SpaceDirs {
  readonly root: string
  readonly tmp: string
  readonly ballast: string
}

/** The free space of a home now. */
export function diskSpace(home: SpaceDirs): DiskSpace {
  if (!exists(home.tmp)) return spaceWithoutHome(home)
  const { free_bytes, free_inodes } = freeSpace(home)
  const ballast = exists(home.ballast)
  const isLow = free_bytes < LOW_BYTES || (free_inodes ?? LOW_INODES) < LOW_INODES
  const isOut = (isLow || !ballast) && !hasSpace(home)
  return { state: isOut ? 'full' : isLow ? 'low' : 'ok', free_bytes, free_inodes, ballast }
}

/** Where there is no home yet: of the file system it would be on, by its figures, since nothing can be tried. */
function spaceWithoutHome({ root }: SpaceDirs): DiskSpace {
  let dir = root
  while (!exists(dir) && dirname(dir) !== dir) dir = dirname(dir)
  const { free_bytes, free_inodes } = freeSpace({ root: dir })
  const isLow = free_bytes < LOW_BYTES || (free_inodes ?? LOW_INODES) < LOW_INODES
  return { state: isLow ? 'low' : 'ok', free_bytes, free_inodes, ballast: false }
}

function freeSpace(home: Pick<SpaceDirs, 'root'>): Pick<DiskSpace, 'free_bytes' | 'free_inodes'> {
  const stats: StatsFs = statfsSync(home.root)
  return { free_bytes: stats.bavail * stats.bsize, free_inodes: stats.files === 0 ? undefined : stats.ffree }
}

/** Is there enough space to start a job, and for the ballast if it is gone? */
export function hasSpace(home: SpaceDirs): boolean {
  const { free_bytes, free_inodes } = freeSpace(home)
  const bytes = START_BYTES + (exists(home.ballast) ? 0 : BALLAST_BYTES)
  // Too little: do not try, because running jobs need the last bytes.
  if (free_bytes < bytes || (free_inodes ?? START_INODES) < START_INODES) return false
  const probe = scratchPath(home.tmp, 'room', 'new')
  try {
    // If we die here: scratch, for the sweeper.
    writeNew(probe, ' '.repeat(bytes), false)
    remove(probe)
    return true
  } catch (error) {
    // Any other error shows when a job is started.
    return !isFull(error)
  }
}

/** Creates the ballast if it is missing. False when there is no space for it. */
export function keepBallast(home: SpaceDirs): boolean {
  if (exists(home.ballast)) return true
  if (freeSpace(home).free_bytes < BALLAST_BYTES) return false
  const aside = scratchPath(home.tmp, 'ballast', 'new')
  try {
    replaceFile(
      aside,
      home.ballast,
      'queuectl removes this file when the disk is full\n'.padEnd(BALLAST_BYTES, '.'),
      false,
    )
    return true
  } catch (error) {
    // Without the ballast work goes on while there is space; any other error shows elsewhere.
    remove(aside)
    return !isFull(error)
  }
}

/** Removes the ballast. If we die after this: the next worker with enough space makes a new one. */
export const giveUpBallast = (home: SpaceDirs): boolean => remove(home.ballast)
