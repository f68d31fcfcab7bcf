/**
 * Pauses a queue after so many of its jobs in a row went dead. They are counted by the size of `limits/q.<queue>/.failures`,
 * over all workers: one byte is appended for each job, and a success empties it. Approximately: who settles two at the same
 * time may count them in either order.
 */
import { join } from 'node:path'
import { append, isOwnDir, lstat, truncate } from '../disk/files.ts'
import { limitOfQueue } from '../job/queue-settings.ts'
import type { Home } from './layout.ts'
import { makeLimitDir } from './limits.ts'

const FAILURES = '.failures'

const failuresPath = (home: Home, queue: string): string => join(home.limits, limitOfQueue(queue), FAILURES)

/** A job of the queue has completed, or its count begins anew. If we die here: it is emptied or not. */
export function forgetFailures(home: Home, queue: string): void {
  if (isOwnDir(home.limits, limitOfQueue(queue))) truncate(failuresPath(home, queue))
}

/** A job of the queue has gone dead. @returns how many have in a row. If we die in here: it is counted or not. */
export function countFailure(home: Home, queue: string): number {
  makeLimitDir(home, limitOfQueue(queue))
  append(failuresPath(home, queue), '.')
  return lstat(failuresPath(home, queue))?.size ?? 0
}
