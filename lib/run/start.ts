/** Starts the next run of a claimed job. */
import { nowMs } from '../clock.ts'
import type { Verdict } from '../job/decide.ts'
import type { Job } from '../job/job.ts'
import { resetIfUsedUp, startedRecord } from '../job/record.ts'
import { isHeld } from '../disk/fifo.ts'
import { holdersOf } from '../disk/process.ts'
import { quarantine } from '../spool/corrupt.ts'
import { type JobFile, jobFiles } from '../spool/scan.ts'
import { type Held, stampHeld } from '../spool/transitions.ts'
import { ActiveRun } from './active-run.ts'
import type { RunContext, StartContext } from './context.ts'
import { readHeld } from './held-job.ts'
import { endStrays } from './kill.ts'
import { launch } from './launch.ts'
import { createOutput, type OpenOutput } from './output.ts'
import { runPaths } from './paths.ts'
import { settle } from './settle.ts'
import { earlierTraces, removeTraces } from './traces.ts'
import { runNumbers } from './output-reader.ts'

/** A claimed job, its record as read, and the slot it will run in. */
interface Claimed {
  readonly held: Held
  readonly job: Job
  readonly slot: number
}

/**
 * Starts the next run of a claimed job.
 * @returns the run; undefined when it was not started and the job is no longer held (quarantined, settled or gone)
 * @throws when a resource is exhausted: the job is still held and no process of it runs.
 */
export async function startJob(ctx: StartContext, held: Held, slot: number): Promise<ActiveRun | undefined> {
  const { home, holder } = ctx
  const read = readHeld(ctx, held)
  if (!read) return undefined
  const claimed = { held, job: read, slot }
  if (read.runs > 0 && !(await clearEarlierRuns(ctx, claimed))) return undefined
  const begun = await beginRun(ctx, claimed)
  if (!begun) return undefined
  const { job, output } = begun
  const paths = runPaths(home, job.id, job.runs)
  // If we die from here until the shell holds the FIFO: no start mark, so recovery puts the job back uncounted.
  ctx.fifos.take(paths.fifo)
  const startedAt = nowMs()
  const launched = await launch(ctx, { job, held, paths, slot }, output)
  if (!launched) {
    removeTraces(paths, false)
    ctx.record({ event: 'removed', job: job.id, run: job.runs, worker: holder.name })
    return undefined
  }
  if ('why' in launched) {
    const outcome = { kind: 'exited', code: launched.code, error: launched.why } as const
    const facts = { run: job.runs, worker: holder.name, slot, finishedAt: nowMs() }
    await settle(ctx, { held, job, paths, outcome, facts })
    return undefined
  }
  ctx.record({ event: 'started', job: job.id, run: job.runs, worker: holder.name })
  const timeout = job.timeout ?? ctx.config.timeout
  return ActiveRun.watch({ home, job, held, slot, timeout }, launched, startedAt)
}

/** Stamps the start and creates the run's output. Undefined: the job's file is gone, or is a stale copy. */
async function beginRun(
  ctx: StartContext,
  { held, job, slot }: Claimed,
): Promise<{ readonly job: Job; readonly output: OpenOutput } | undefined> {
  const { home, holder } = ctx
  const { durability } = ctx.config
  const at = nowMs()
  let next = startedRecord(resetIfUsedUp(job, at), { run: job.runs + 1, worker: holder.name, slot, at })
  for (;;) {
    // If we die after the stamp: no traces, so recovery puts the job back; run n+1 is the next one.
    if (!(await stampHeld(held, next, durability))) return undefined
    const output = createOutput(home, next.id, next.runs)
    if (output) return { job: next, output }
    // The record is out of date: saved by an editor after the claim, copied by cp, or a power cut undid a claim.
    if (isStaleCopy(ctx, held, `run ${next.runs} has been before`)) return undefined
    next = { ...next, runs: Math.max(next.runs, ...runNumbers(home, next.id)) + 1 }
  }
}

/** Ends what earlier runs of a job left behind. False: the job does not run; it was quarantined or settled as dead. */
async function clearEarlierRuns(ctx: RunContext, claimed: Claimed): Promise<boolean> {
  const { held, job, slot } = claimed
  for (const run of earlierTraces(ctx.home, job.id, job.runs + 1)) {
    const paths = runPaths(ctx.home, job.id, run)
    if (isHeld(paths.fifo)) {
      if (isStaleCopy(ctx, held, `run ${run} is going on`)) return false
      const pids = holdersOf(paths.fifo).join(', ')
      ctx.log(`${job.id}: ending the processes that run ${run} left behind (${pids}) before it runs again`)
    }
    if (await endStrays(paths)) {
      // If we die here: the job is held without traces of its next run; recovery puts it back.
      removeTraces(paths, false)
      continue
    }
    const strays = holdersOf(paths.fifo)
    const error = `processes that run ${run} left behind cannot be ended: ${strays.join(', ')}`
    const verdict: Verdict = { to: 'dead', ending: 'interrupted', countsAttempt: false, error }
    const facts = { run, worker: ctx.holder.name, slot, finishedAt: nowMs(), strays }
    await settle(ctx, { held, job, outcome: { kind: 'interrupted' }, facts, verdict })
    return false
  }
  return true
}

/**
 * Quarantines the held file if it is only a copy, made by an editor or `cp`, of a job in another place. Called only when
 * the record contradicts the traces. Scans all states twice: a job that moves during a scan can be missed.
 */
function isStaleCopy(ctx: RunContext, held: Held, contradiction: string): boolean {
  const isOther = (file: JobFile): boolean => file.name.id === held.name.id && file.path !== held.path
  if (![1, 2].some(() => [...jobFiles(ctx.home)].some(isOther))) return false
  const error = `a stale copy of ${held.name.id}: ${contradiction}, and the job itself lies elsewhere`
  // If we die after this: the copy is in corrupt/, without an event; the job itself is untouched.
  quarantine(ctx.home, held.path, held.fileName, error)
  ctx.record({ event: 'corrupt', job: held.name.id, error })
  return true
}
