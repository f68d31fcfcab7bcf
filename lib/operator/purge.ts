/**
 * Removes jobs for good, with their output and traces: takes the job as an operator, writes a mark, removes the job's file,
 * then the output, then the mark.
 *
 * Crash: before the file is removed the job is whole, with its output, and a worker puts it back to where it was. After
 * that the job is gone, and the mark tells a worker which output is left to remove. If the file is moved away by hand in
 * between, the job and its output stay as they are.
 */
import { join } from 'node:path'
import { randomHex } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { isMadeId, parseName } from '../job/file-name.ts'
import { actOn, type DryRunOption, pauseIfHeld, wrongState } from './take.ts'
import { isFull, linkNew, listDir, move, remove, removeTree } from '../disk/files.ts'
import type { JobFile } from '../spool/scan.ts'
import { type Home, type HomeDir, STATE_DIR } from '../spool/layout.ts'
import { joinOperators, type OwnHolder, PURGE_MARKS } from '../spool/holders.ts'
import type { JobRefOrId } from '../query/resolve.ts'
import { giveUpBallast } from '../disk/space.ts'
import { earlierTraces, removeTraces } from '../run/traces.ts'
import { blockId, reserve } from '../spool/reservation.ts'
import { runPaths } from '../run/paths.ts'
import { shownState, type State } from '../job/state.ts'
import { findExact } from '../spool/lookup.ts'

/** Removes jobs of one state directory. */
export interface PurgeSession {
  /** False when the job has moved; it is whole then. */
  purge(job: Pick<JobFile, 'path' | 'fileName' | 'name' | 'dropped'>): boolean
  close(): void
}

/** Joins the operators; `close` leaves them. */
export function startPurge(home: Home, from: HomeDir): PurgeSession {
  const holder = joinPurgers(home, from)
  const marks = join(holder.dir, PURGE_MARKS)
  // Blocked ids and marks are hard links to this file: purging many jobs makes no new file.
  const self = join(holder.dir, 'worker.json')
  return {
    purge({ path, fileName, name: { id }, dropped }) {
      const taken = join(holder.dir, from, fileName)
      // If we die after this: a worker puts it back.
      if (!move(path, taken)) return false
      // A dropped file has no output: any output under its stem is another job's.
      if (dropped) return remove(taken)
      const mark = join(marks, fileName)
      let unblock: (() => void) | undefined
      try {
        // Until its output is removed no other job may get the id. A generated id cannot be chosen.
        if (!isMadeId(id)) unblock = blockId(home, id, self)
        linkNew(self, mark)
      } catch (error) {
        // No other process puts it back while we live.
        move(taken, path)
        unblock?.()
        throw error
      }
      // If we die before this: the job is whole, and put back; after it: gone, and the mark says what is left.
      if (!remove(taken)) {
        remove(mark)
        unblock?.()
        return false
      }
      removeOutput(home, id)
      remove(mark)
      return true
    },
    close: () => holder.leave(),
  }
}

function joinPurgers(home: Home, from: HomeDir): OwnHolder {
  const enter = (): OwnHolder => joinOperators(home, from, PURGE_MARKS)
  try {
    return enter()
  } catch (error) {
    // On a full disk purging is what helps: give up the ballast for it.
    if (!isFull(error) || !giveUpBallast(home)) throw error
    return enter()
  }
}

/** Removes output and traces of a job that is gone. */
function removeOutput(home: Home, id: string): void {
  const aside = join(home.tmp, `${id}.${randomHex(8)}.logs`)
  // In one step, so that no reader finds half of it under the id; if we die after it: scratch that the sweeper removes.
  if (move(join(home.logs, id), aside)) removeTree(aside)
  for (const run of earlierTraces(home, id, Number.POSITIVE_INFINITY)) removeTraces(runPaths(home, id, run), false)
}

/** Finishes the purges of a dead operator, after its jobs have been put back. */
export function finishPurges(home: Home, operatorDir: string): void {
  const marks = join(operatorDir, PURGE_MARKS)
  for (const fileName of listDir(marks)) {
    const id = parseName(fileName)?.id
    if (id !== undefined && isGone(home, id)) removeOutput(home, id)
    remove(join(marks, fileName))
  }
}

/** Is there no job of this id, and can none appear now? If there is one, the output is its own. */
function isGone(home: Home, id: string): boolean {
  if (findExact(home, id)) return false
  if (isMadeId(id)) return true
  try {
    reserve(home, id)
    return true
  } catch (error) {
    if (error instanceof QueueError && error.code === 'DUPLICATE_JOB') return false
    throw error
  }
}

/** @returns the id @throws QueueError NOT_FOUND; WRONG_STATE when the job is in none of `states` */
export async function purgeJob(
  home: Home,
  target: JobRefOrId,
  { dryRun, states = ['dead'] }: DryRunOption & { readonly states?: readonly State[] } = {},
): Promise<string> {
  return actOn(home, target, 'purge', async (file) => {
    const { id } = file.name
    if (!states.includes(file.state))
      throw wrongState('purge', file, `it is not ${states.map(shownState).join(' or ')} but ${shownState(file.state)}`)
    if (dryRun) return id
    if (await pauseIfHeld(home, file)) return undefined
    const session = startPurge(home, STATE_DIR[file.state])
    try {
      return session.purge(file) ? id : undefined
    } finally {
      session.close()
    }
  })
}
