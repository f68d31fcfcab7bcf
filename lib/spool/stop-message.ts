/**
 * Asks a worker to stop, by a file in its directory and its bell: a signal does not reach another pid namespace.
 *
 * Crash: before the move scratch, for the sweeper; after it the worker reads the message at its next round.
 */
import { join } from 'node:path'
import { scratchPath } from '../disk/scratch.ts'
import { failureKind } from '../disk/errno.ts'
import { readText, replaceFile } from '../disk/files.ts'
import { removeOrQuarantine } from './corrupt.ts'
import type { Home } from './layout.ts'
import { ringHolder } from './wakeup.ts'

/** `drain`: finish the runs. `leave`: exit now, runs go on and are adopted. `force`: end the runs, give the jobs back. */
export type StopMode = 'drain' | 'leave' | 'force'

const MODES: readonly string[] = ['drain', 'leave', 'force'] satisfies StopMode[]

const messagePath = (dir: string): string => join(dir, 'stop')

/** False: the worker's directory is gone. */
export function sendStop(home: Home, dir: string, mode: StopMode): boolean {
  const isSent = replaceFile(scratchPath(home.tmp, 'stop', 'new'), messagePath(dir), mode, false)
  ringHolder(dir)
  return isSent
}

function readMessage(dir: string): string | undefined {
  try {
    return readText(messagePath(dir))
  } catch (error) {
    if (failureKind(error) !== 'content') throw error
    // A job put something else there: no message.
    return ''
  }
}

/** The message in our own directory, once. */
export function takeStop(home: Home, dir: string): StopMode | undefined {
  const text = readMessage(dir)
  if (text === undefined) return undefined
  // If we die after this: we are stopped, as asked.
  removeOrQuarantine(home, messagePath(dir), 'it was in the place of a message to a worker')
  return MODES.includes(text) ? (text as StopMode) : undefined
}
