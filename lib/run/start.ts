/** Starts the next run of a job that we have claimed. */
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

/** A job that we hold, as it was read, and the slot it is to run in. */
interface Claimed {
  readonly held: Held
  readonly job: Job
  readonly slot: number
}

/**
 * Starts the next run of a job we have claimed.
 * @returns the run, or undefined when nothing was started and the job has been dealt with
 * @throws when the machine is out of something: the job is still held, and nothing of it runs.
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

/** Stamps the start and creates the run's output; undefined when the job was taken away or is only a stale copy. */
async function beginRun(
  ctx: StartContext,
  { held, job, slot }: Claimed,
): Promise<{ readonly job: Job; readonly output: OpenOutput } | undefined> {
  const { home, holder } = ctx
  const { durability } = ctx.config
  const at = nowMs()
  let next = startedRecord(resetIfUsedUp(job, at), { run: job.runs + 1, worker: holder.name, slot, at })
  for (;;) {
    if (!(await stampHeld(held, next, durability))) return undefined
    const output = createOutput(home, next.id, next.runs)
    if (output) return { job: next, output }
    // This record is older than the disk: an editor saved it after the claim, `cp`, or a claim undone by a power cut.
    if (isStaleCopy(ctx, held, `run ${next.runs} has been before`)) return undefined
    next = { ...next, runs: Math.max(next.runs, ...runNumbers(home, next.id)) + 1 }
  }
}

/** Before a job runs again, everything an earlier run of it left behind must be gone. */
async function clearEarlierRuns(ctx: RunContext, claimed: Claimed): Promise<boolean> {
  const { held, job, slot } = claimed
  for (const run of earlierTraces(ctx.home, job.id, job.runs + 1)) {
    const paths = runPaths(ctx.home, job.id, run)
    if (isHeld(paths.fifo)) {
      if (isStaleCopy(ctx, held, `run ${run} is going on`)) return false
      const pids = holdersOf(paths.fifo).join(', ')
      ctx.log(`${job.id}: ending what run ${run} left running (${pids}) before it runs again`)
    }
    if (await endStrays(paths)) {
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
 * Is what we hold only a copy, made by an editor or `cp`, of a job that lies elsewhere? Then it goes to `corrupt/`. Asked
 * only when the record and the traces do not fit together. Looks twice, because jobs move.
 */
function isStaleCopy(ctx: RunContext, held: Held, sign: string): boolean {
  const isOther = (seen: JobFile): boolean => seen.name.id === held.name.id && seen.path !== held.path
  if (![1, 2].some(() => [...jobFiles(ctx.home)].some(isOther))) return false
  const error = `a stale copy of ${held.name.id}: ${sign}, and the job itself lies elsewhere`
  quarantine(ctx.home, held.path, held.fileName, error)
  ctx.record({ event: 'corrupt', job: held.name.id, error })
  return true
}
