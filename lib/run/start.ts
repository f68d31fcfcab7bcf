/** Starts the next run of a claimed job. */
import { nowMs } from '../clock.ts'
import type { Verdict } from '../job/decide.ts'
import { isMadeId } from '../job/file-name.ts'
import type { Job } from '../job/job.ts'
import { fileNameOf } from '../job/key.ts'
import { resetIfUsedUp, startedRecord } from '../job/record.ts'
import { quarantine } from '../spool/corrupt.ts'
import { type JobFile, jobFiles } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import { type Held, moveToPending, stampHeld } from '../spool/transitions.ts'
import { ActiveRun } from './active-run.ts'
import type { RunContext, StartContext } from './context.ts'
import { readHeld } from './held-job.ts'
import { endStrays } from './kill.ts'
import type { Reserved } from './fifo-pool.ts'
import { launch } from './launch.ts'
import { createOutput, type OpenOutput } from './output.ts'
import { runPaths } from './paths.ts'
import { settle } from './settle.ts'
import { readMark, removeTraces, tracedRuns } from './traces.ts'
import { heldSentence, lifeOf, processesOf } from './run-life.ts'
import { runNumbers } from './output-reader.ts'

/** A claimed job, its record as read, and the slot it will run in. */
interface Claimed {
  readonly held: Held
  readonly job: Job
  readonly slot: number
}

/** Why a job cannot start yet, in one sentence for people. */
export interface Waits {
  readonly waitsFor: string
}

/**
 * Starts the next run of a claimed job.
 * @param reserved the FIFO it must have, because the numbers it has of limits stand on it
 * @returns the run; undefined when it was not started and the job is no longer held (quarantined, settled or gone);
 *   or why it must wait: it is still held, and is to be put back
 * @throws when a resource is exhausted: the job is still held and no process of it runs.
 */
export async function startJob(
  ctx: StartContext,
  held: Held,
  slot: number,
  reserved?: Reserved,
): Promise<ActiveRun | Waits | undefined> {
  const { home, holder } = ctx
  const read = readHeld(ctx, held)
  if (!read) return undefined
  if (read.key !== undefined && held.name.slug === undefined) {
    reline(home, held, read)
    return undefined
  }
  const claimed = { held, job: read, slot }
  // An id that queuectl made and that has not run names nothing that was there before.
  const runs = read.runs === 0 && isMadeId(read.id) ? [] : tracedRuns(home, read.id)
  const cleared = await clearEarlierRuns(ctx, claimed, runs)
  if (cleared !== 'clear') return cleared === 'settled' ? undefined : cleared
  const begun = await beginRun(ctx, claimed, Math.max(read.runs, ...runs) + 1)
  if (!begun) return undefined
  const { job, output } = begun
  const paths = runPaths(home, job.id, job.runs)
  // If we die from here until the shell holds the FIFO: no start mark, so recovery puts the job back uncounted.
  const fifo = ctx.fifos.take(paths.fifo, reserved)
  const startedAt = nowMs()
  const launched = await launch(ctx, { job, held, paths, slot, fifo }, output)
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
  const timeout = job.timeout ?? ctx.configOf(job.queue).timeout
  return ActiveRun.watch({ home, job, held, slot, timeout, fifo, log: ctx.log }, launched, startedAt)
}

/**
 * Puts a job whose key is not in its name, since it was given by hand, back under a name that has it: what runs of a key is
 * counted by names. If we die before the move: held without traces, and put back as it was, for the next who claims it.
 */
function reline(home: Home, { path, name }: Held, job: Job): void {
  moveToPending(home, path, fileNameOf(job, name.due))
}

/** Stamps the start and creates the run's output. Undefined: the job's file is gone, or is a stale copy. */
async function beginRun(
  ctx: StartContext,
  { held, job, slot }: Claimed,
  run: number,
): Promise<{ readonly job: Job; readonly output: OpenOutput } | undefined> {
  const { home, holder } = ctx
  const { durability } = ctx.config
  const at = nowMs()
  let next = startedRecord(resetIfUsedUp(job, at), { run, worker: holder.name, slot, at })
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

/**
 * Ends what earlier runs under this id left behind, of this record or of another one that had the id before.
 * @returns `clear`: the next run may start. `settled`: the job is no longer held (quarantined, or settled as dead).
 *   Else the job must wait, for this reason.
 */
async function clearEarlierRuns(
  ctx: RunContext,
  claimed: Claimed,
  runs: readonly number[],
): Promise<'clear' | 'settled' | Waits> {
  const { held, job } = claimed
  for (const run of runs) {
    if (run <= (job.beside ?? 0)) continue
    const paths = runPaths(ctx.home, job.id, run)
    const { mark } = readMark(paths)
    if (lifeOf(paths, mark, true) !== 'over') {
      if (isStaleCopy(ctx, held, `run ${run} is going on`)) return 'settled'
      const pids = processesOf(paths, mark).join(', ') || 'not visible'
      ctx.log(`${job.id}: ending the processes that run ${run} left behind (${pids}) before it runs again`)
    }
    const end = await endStrays(paths)
    if (end.kind === 'over') {
      // If we die here: the job is held without traces of its next run; recovery puts it back.
      removeTraces(paths, false)
      continue
    }
    const isOwn = job.history.some((one) => one.run === run)
    const why =
      end.kind === 'hidden'
        ? heldSentence(paths, run)
        : `processes that run ${run} left behind cannot be ended: ${end.pids.join(', ')}`
    if (!isOwn) return { waitsFor: why }
    await settleAsHeld(ctx, claimed, { run, error: why, strays: end.pids })
    return 'settled'
  }
  return 'clear'
}

/** A person decides about a job whose own earlier run cannot be ended: to `dead/`, without using an attempt. */
async function settleAsHeld(
  ctx: RunContext,
  { held, job, slot }: Claimed,
  { run, error, strays }: { readonly run: number; readonly error: string; readonly strays: readonly number[] },
): Promise<void> {
  const verdict: Verdict = { to: 'dead', ending: 'interrupted', countsAttempt: false, error }
  const facts = { run, worker: ctx.holder.name, slot, finishedAt: nowMs(), strays }
  await settle(ctx, { held, job, outcome: { kind: 'interrupted' }, facts, verdict })
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
