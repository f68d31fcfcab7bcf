/**
 * Room on the disk: how much there is, whether jobs may be started with it, and the ballast, 1 MiB that is given up for
 * the moves of what runs when there is none (on a full disk even a rename fails).
 *
 * Nobody need be running to know: free space and inodes are asked of the file system; where they are short, or the
 * ballast does not lie there, as much as a start needs is written to `tmp/` and removed. That also meets quotas.
 */
import { statfsSync, type StatsFs } from 'node:fs'
import { join } from 'node:path'
import { randomHex } from '../clock.ts'
import { exists, isFull, remove, replaceFile, writeNew } from './files.ts'

const BALLAST_BYTES = 1_048_576
/** What the start of a job takes at most, besides what the job itself writes. */
const START_BYTES = 65_536
/** A run has 7 files; its FIFO is made in a batch of 64. */
const START_INODES = 100
/** Less than this is worth a word. */
const LOW_BYTES = 67_108_864
const LOW_INODES = 1000

/** `low`: it will soon be `full`. `full`: no job is started. */
export interface DiskSpace {
  readonly state: 'ok' | 'low' | 'full'
  readonly free_bytes: number
  /** Undefined where the file system does not count them. */
  readonly free_inodes: number | undefined
  readonly ballast: boolean
}

/** What of a home matters here. */
export interface SpaceDirs {
  readonly root: string
  readonly tmp: string
  readonly ballast: string
}

/** How much room there is now. */
export function diskSpace(home: SpaceDirs): DiskSpace {
  const { free_bytes, free_inodes } = freeSpace(home)
  const ballast = exists(home.ballast)
  const isLow = free_bytes < LOW_BYTES || (free_inodes ?? LOW_INODES) < LOW_INODES
  const isOut = (isLow || !ballast) && !hasSpace(home)
  return { state: isOut ? 'full' : isLow ? 'low' : 'ok', free_bytes, free_inodes, ballast }
}

function freeSpace(home: SpaceDirs): Pick<DiskSpace, 'free_bytes' | 'free_inodes'> {
  const stats: StatsFs = statfsSync(home.root)
  return { free_bytes: stats.bavail * stats.bsize, free_inodes: stats.files === 0 ? undefined : stats.ffree }
}

/** Is there room to start a job in, and for the ballast if it does not lie there? */
export function hasSpace(home: SpaceDirs): boolean {
  const { free_bytes, free_inodes } = freeSpace(home)
  const bytes = START_BYTES + (exists(home.ballast) ? 0 : BALLAST_BYTES)
  // Not tried where it cannot be: the running jobs want the last bytes.
  if (free_bytes < bytes || (free_inodes ?? START_INODES) < START_INODES) return false
  const probe = join(home.tmp, `room.${randomHex(8)}.new`)
  try {
    // If we die here: scratch that the sweeper removes.
    writeNew(probe, ' '.repeat(bytes), false)
    remove(probe)
    return true
  } catch (error) {
    // What is wrong otherwise, whoever comes to start a job will be told.
    return !isFull(error)
  }
}

/** Makes the ballast if it is not there. False: there is no room for it. */
export function keepBallast(home: SpaceDirs): boolean {
  if (exists(home.ballast)) return true
  if (freeSpace(home).free_bytes < BALLAST_BYTES) return false
  const aside = join(home.tmp, `ballast.${randomHex(8)}.new`)
  try {
    replaceFile(
      aside,
      home.ballast,
      'queuectl gives this file up when the disk is full\n'.padEnd(BALLAST_BYTES, '.'),
      false,
    )
    return true
  } catch (error) {
    // Without it things go on as long as there is room; what is wrong otherwise shows elsewhere.
    remove(aside)
    return !isFull(error)
  }
}

/** Gives the ballast up. If we die after this: the next worker with room for it makes it anew. */
export const giveUpBallast = (home: SpaceDirs): boolean => remove(home.ballast)
