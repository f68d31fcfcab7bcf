/**
 * Settles what a copy of a home cannot know, before anything is run in it. A backup that is restored, or a home that is
 * copied elsewhere, runs nothing that ran in the original: runs that were going on there are for a person to decide, and of a
 * job that was copied in two places only the later one counts.
 *
 * A worker of the original may live, and be seen here by its pid: its directory is only marked, and taken once it is dead.
 *
 * Crash: all of it is done again by the next worker, until the place of the home is remembered.
 */
import { join } from 'node:path'
import { nowMs } from '../clock.ts'
import { listDir, lstat } from '../disk/files.ts'
import { parseName } from '../job/file-name.ts'
import { STATES } from '../job/state.ts'
import type { RunContext } from '../run/context.ts'
import { readHeld } from '../run/held-job.ts'
import { runNumbers } from '../run/output-reader.ts'
import { runPaths } from '../run/paths.ts'
import { factsOf, stageOf } from '../run/resume.ts'
import { settle } from '../run/settle.ts'
import { readTraces } from '../run/traces.ts'
import { quarantine } from '../spool/corrupt.ts'
import { heldFileNames } from '../spool/holders.ts'
import { isCopied, isOfOriginal, markHolders, rememberPlace } from '../spool/place.ts'
import { type JobFile, jobFiles, readJobFile } from '../spool/scan.ts'
import { moveInto } from '../spool/transitions.ts'

/** Prepares it once, if the home was copied since a worker last ran in it. */
export function noticeCopiedHome(ctx: RunContext): void {
  const { home } = ctx
  if (isCopied(home)) {
    ctx.log(`the home ${home.root} is a copy: what ran in the original is not run again`)
    markHolders(home, ctx.holder.name)
    settleWaiting(ctx)
  }
  rememberPlace(home)
}

/** Settles the runs that a worker of the original had, whose directory we hold by now. */
export async function settleOriginalRuns(ctx: RunContext, dir: string): Promise<void> {
  if (isOfOriginal(dir)) for (const fileName of heldFileNames(dir)) await settleRunning(ctx, dir, fileName)
}

/** A run that was going on: to `dead/`, without using an attempt, for a person to decide. */
async function settleRunning(ctx: RunContext, dir: string, fileName: string): Promise<void> {
  const name = parseName(fileName)
  const held = name && { path: join(dir, fileName), fileName, name }
  const job = held && readHeld(ctx, held)
  if (!job) return
  const paths = runPaths(ctx.home, job.id, job.runs)
  const traces = readTraces(paths)
  if (!['alive', 'hidden', 'interrupted'].includes(stageOf(job, traces))) return
  const what = `run ${job.runs} was going on when this home was copied; whether it finished is known only where it ran: retry it if it did not`
  // What is alive of it, if anything is, belongs to the original.
  const facts = factsOf(job, paths, { ...traces, life: 'over' }, nowMs())
  await settle(ctx, { held, job, paths, outcome: { kind: 'hidden', what }, ...facts })
}

/** While a home is copied its jobs move: one may be copied in two places, or before its run and its output after it. */
function settleWaiting(ctx: RunContext): void {
  const { home } = ctx
  const latest = new Map<string, JobFile>()
  for (const file of jobFiles(home)) {
    if (file.dropped) continue
    const before = latest.get(file.name.id)
    const isLater = before === undefined || STATES.indexOf(file.state) >= STATES.indexOf(before.state)
    if (isLater) latest.set(file.name.id, file)
    const earlier = isLater ? before : file
    if (earlier && lstat(earlier.path)) {
      quarantine(
        home,
        earlier.path,
        earlier.fileName,
        `a copy of ${earlier.name.id}: it moved while this home was copied`,
      )
      ctx.log(`${earlier.name.id} was copied twice: its file in ${earlier.state} is in corrupt/ now`)
    }
  }
  const hasOutput = new Set(listDir(home.logs))
  for (const file of latest.values()) if (hasOutput.has(file.name.id)) holdIfRun(ctx, file)
}

/** Holds a job that waits to be run by its record, and was run since by its output. */
function holdIfRun(ctx: RunContext, file: JobFile): void {
  if (file.state !== 'pending' && file.state !== 'scheduled' && file.state !== 'failed') return
  const job = readJobFile(file)?.job
  const run = runNumbers(ctx.home, file.name.id).at(-1) ?? 0
  if (!job || run <= job.runs || !moveInto(ctx.home, file.path, join(ctx.home.hold, file.fileName))) return
  ctx.log(`${file.name.id} was run (run ${run}) after its file was copied: held; release it if it is to run again`)
}
