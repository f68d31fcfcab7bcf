/**
 * Removes jobs for good, with their output and traces: takes the job as an operator, writes a mark, removes the job's file,
 * then the output, then the mark.
 *
 * Crash: before the file is removed the job is whole, with its output, and a worker puts it back to where it was. After
 * that the job is gone, and the mark tells a worker which output is left to remove. If the file is moved away by hand in
 * between, the job and its output stay as they are.
 */
import { basename, join } from 'node:path'
import { QueueError } from '../errors.ts'
import { isMadeId, parseName } from '../job/file-name.ts'
import { actOn, type DryRunOption, pauseIfHeld, wrongState } from './take.ts'
import { isFull, isRealDir, linkNew, move, remove, removeEmptyDir } from '../disk/files.ts'
import { quarantine } from '../spool/corrupt.ts'
import { type TreeRemover, treeRemover } from '../disk/trees.ts'
import type { JobFile } from '../spool/scan.ts'
import { type Home, STATE_DIR, type StateDir } from '../spool/layout.ts'
import { joinOperators, type OwnHolder, PURGE_MARKS } from '../spool/holders.ts'
import type { JobRefOrId } from '../query/resolve.ts'
import { giveUpBallast } from '../disk/space.ts'
import { mayBeAlive, readMark, removeTraces, tracedRuns } from '../run/traces.ts'
import { lifeOf } from '../run/run-life.ts'
import { endStrays } from '../run/kill.ts'
import { blockId, type Reservation, reserve, UNRESERVED } from '../spool/reservation.ts'
import { runPaths } from '../run/paths.ts'
import { ALLOWED_IN, shownState, type State } from '../job/state.ts'
import { cancelledAt, doorPath, dropHint, WaitedFor, waitedFor } from '../spool/doors.ts'
import { findExact } from '../spool/lookup.ts'
import { scratchPath } from '../disk/scratch.ts'

/** Removes jobs of one state directory. */
export interface PurgeSession {
  /**
   * `gone`: it has moved on, and is whole. It stays when it is `held`, by something alive that a run of it left behind, or
   * `waited_for` by another job.
   */
  purge(job: Pick<JobFile, 'path' | 'fileName' | 'name' | 'dropped'>): 'purged' | 'gone' | 'held' | 'waited_for'
  close(): void
}

/** Joins the operators; `close` leaves them. */
export async function startPurge(home: Home, from: StateDir): Promise<PurgeSession> {
  const removeTree = await treeRemover()
  const holder = joinPurgers(home, from)
  const marks = join(holder.dir, PURGE_MARKS)
  // Blocked ids and marks are hard links to this file: purging many jobs makes no new file.
  const self = join(holder.dir, 'worker.json')
  const waited = new WaitedFor(home)
  return {
    purge({ path, fileName, name: { id }, dropped }) {
      const taken = join(holder.dir, from, fileName)
      // If we die after this: a worker puts it back.
      if (!move(path, taken)) return 'gone'
      if (isRealDir(taken)) {
        // It is no job, but may hold what a person wants.
        quarantine(home, taken, fileName, 'it was in the place of a job that is removed')
        return 'gone'
      }
      // A dropped file has no output: what lies under the id that it might get is another job's.
      if (dropped) return remove(taken) ? 'purged' : 'gone'
      // The traces are all that tells the next job of this id what is alive of this one.
      if (mayBeAlive(home, id)) {
        move(taken, path)
        return 'held'
      }
      // Who has enqueued one that waits for it since we looked has left a sign before; who comes later finds it in our hands.
      if (waited.has(id)) {
        move(taken, path)
        return 'waited_for'
      }
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
      if (!remove(taken) && findExact(home, id)) {
        remove(mark)
        unblock?.()
        return 'gone'
      }
      removeOutput(home, id, removeTree)
      remove(mark)
      return 'purged'
    },
    close: () => holder.leave(),
  }
}

function joinPurgers(home: Home, from: StateDir): OwnHolder {
  const enter = (): OwnHolder => joinOperators(home, from, PURGE_MARKS)
  try {
    return enter()
  } catch (error) {
    // On a full disk purging is what helps: give up the ballast for it.
    if (!isFull(error) || !giveUpBallast(home)) throw error
    return enter()
  }
}

/** Ends what runs under this id have left behind. */
async function endAll(home: Home, id: string): Promise<void> {
  for (const run of tracedRuns(home, id)) await endStrays(runPaths(home, id, run))
}

/** Removes output and traces of a job whose file is removed. */
function removeOutput(home: Home, id: string, removeTree: TreeRemover): void {
  removeRest(home, id, moveOutputAside(home, id), removeTree)
  removeHints(home, id)
}

/** Removes what says which jobs were cancelled because of this one. If we die in here: hints to a job that is gone. */
function removeHints(home: Home, id: string): void {
  for (const child of cancelledAt(home, id)) dropHint(home, id, child)
  removeEmptyDir(doorPath(home, id))
}

/** In one rename, so that the id never has half of its output. If we die after it: scratch, for the sweeper. */
function moveOutputAside(home: Home, id: string): string | undefined {
  const aside = scratchPath(home.tmp, id, 'logs')
  return move(join(home.logs, id), aside) ? aside : undefined
}

function removeRest(home: Home, id: string, aside: string | undefined, removeTree: TreeRemover): void {
  if (aside !== undefined) removeTree(aside)
  for (const run of tracedRuns(home, id)) {
    const paths = runPaths(home, id, run)
    removeTraces(paths, lifeOf(paths, readMark(paths).mark, true) !== 'over')
  }
}

/** Finishes the removal of a job that a dead operator left this mark of, once its jobs have been put back. */
export async function finishPurge(home: Home, mark: string): Promise<void> {
  const fileName = basename(mark)
  if (isRealDir(mark)) {
    quarantine(home, mark, fileName, 'it was in the place of a mark of a removed job')
    return
  }
  const removeTree = await treeRemover()
  const id = parseName(fileName)?.id
  const reservation = id === undefined ? undefined : reservePurged(home, id, mark)
  if (id !== undefined && reservation) removePurgedOutput(home, id, reservation, removeTree)
  // If we die before this: the next worker to recover finds nothing left to remove.
  remove(mark)
}

function removePurgedOutput(home: Home, id: string, reservation: Reservation, removeTree: TreeRemover): void {
  let aside: string | undefined
  try {
    aside = moveOutputAside(home, id)
  } catch (error) {
    // Else the next attempt would take our own reservation for a job that has the id, and leave its output for good.
    reservation.giveUp()
    throw error
  }
  // From here on the id is free: the reservation lay in what was moved.
  removeRest(home, id, aside, removeTree)
}

/** Reserves the id of a purged job until its output is moved; undefined when a job has it: then the output is its. */
function reservePurged(home: Home, id: string, mark: string): Reservation | undefined {
  if (findExact(home, id)) return undefined
  if (isMadeId(id)) return UNRESERVED
  try {
    return reserve(home, id, mark)
  } catch (error) {
    if (error instanceof QueueError && error.code === 'DUPLICATE_JOB') return undefined
    throw error
  }
}

export interface PurgeOptions extends DryRunOption {
  readonly states?: readonly State[]
  /** Ends what its runs have left behind first. */
  readonly force?: boolean
}

const stillHeld = (id: string, wasForced: boolean): QueueError =>
  new QueueError(
    'STILL_HELD',
    `cannot purge ${id}: a process that a run of it started is alive, or may be`,
    wasForced ? `it could not be ended: queuectl doctor says how to find it` : '--force ends it first',
  )

/** @returns the id @throws QueueError NOT_FOUND, WRONG_STATE when it is in none of these states, STILL_HELD */
export async function purgeJob(
  home: Home,
  target: JobRefOrId,
  { dryRun, force = false, states = ALLOWED_IN.purge }: PurgeOptions = {},
): Promise<string> {
  return actOn(home, target, 'purge', async (file) => {
    const { id } = file.name
    if (!states.includes(file.state))
      throw wrongState('purge', file, `it is not ${states.map(shownState).join(' or ')} but ${shownState(file.state)}`)
    if (waitedFor(home).has(id))
      throw wrongState('purge', file, 'another job waits for it', `see which: queuectl deps ${id}`)
    if (dryRun) return id
    if (await pauseIfHeld(home, file)) return undefined
    if (force && !file.dropped) await endAll(home, id)
    const session = await startPurge(home, STATE_DIR[file.state])
    try {
      const result = session.purge(file)
      if (result === 'held') throw stillHeld(id, force)
      if (result === 'waited_for') return undefined
      return result === 'purged' ? id : undefined
    } finally {
      session.close()
    }
  })
}
