/**
 * Removing jobs for good, with their output and traces. Whoever purges takes the job as an operator does, writes a mark,
 * removes the job's file, then the output, then the mark.
 *
 * Crash: before the file is removed the job is whole, with its output, and a worker puts it back to where it was; after
 * it there is none, and the mark tells a worker what is left to be removed. The same when somebody moves the file
 * away by hand in between: then it is still there, and nothing of it has been touched.
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

/** Removes jobs that lie in one place. */
export interface PurgeSession {
  /** False: it has moved on, and is whole. */
  purge(job: Pick<JobFile, 'path' | 'fileName' | 'name' | 'dropped'>): boolean
  close(): void
}

export function startPurge(home: Home, from: HomeDir): PurgeSession {
  const holder = joinPurgers(home, from)
  const marks = join(holder.dir, PURGE_MARKS)
  // Bars and marks are links to it: a purge of many jobs makes no new file.
  const me = join(holder.dir, 'worker.json')
  return {
    purge({ path, fileName, name: { id }, dropped }) {
      const taken = join(holder.dir, from, fileName)
      // If we die after this: a worker puts it back.
      if (!move(path, taken)) return false
      // A dropped file has no output: what lies under the id that it might get is another job's.
      if (dropped) return remove(taken)
      const mark = join(marks, fileName)
      let lift: (() => void) | undefined
      try {
        // While its output is being removed nobody may take the id, whose output that would be. Made ids are nobody's.
        if (!isMadeId(id)) lift = blockId(home, id, me)
        linkNew(me, mark)
      } catch (error) {
        // As long as we live nobody else puts it back.
        move(taken, path)
        lift?.()
        throw error
      }
      // If we die before this: whole, and put back; after it: gone, and the mark tells what is left of it.
      if (!remove(taken)) {
        remove(mark)
        lift?.()
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
    // Nothing is more wanted on a full disk than this.
    if (!isFull(error) || !giveUpBallast(home)) throw error
    return enter()
  }
}

/** Output and traces of a job that is no more. */
function removeOutput(home: Home, id: string): void {
  const aside = join(home.tmp, `${id}.${randomHex(8)}.logs`)
  // In one step, so that nobody finds half of them under the id; if we die after it: scratch.
  if (move(join(home.logs, id), aside)) removeTree(aside)
  for (const run of earlierTraces(home, id, Number.POSITIVE_INFINITY)) removeTraces(runPaths(home, id, run), false)
}

/** Goes on with what a dead operator was removing, once its jobs have been put back. */
export function finishPurges(home: Home, operatorDir: string): void {
  const marks = join(operatorDir, PURGE_MARKS)
  for (const fileName of listDir(marks)) {
    const id = parseName(fileName)?.id
    if (id !== undefined && isGone(home, id)) removeOutput(home, id)
    remove(join(marks, fileName))
  }
}

/** Is there no job of this id, and will there be none while we look? Else the output is that job's. */
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

/** @returns the id @throws QueueError NOT_FOUND, WRONG_STATE when it is in none of these states */
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
    const place = startPurge(home, STATE_DIR[file.state])
    try {
      return place.purge(file) ? id : undefined
    } finally {
      place.close()
    }
  })
}
