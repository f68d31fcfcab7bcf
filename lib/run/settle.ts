/** Settles a run that has ended: stamp the verdict, move the job, flush, remove the traces, record. */
import { relative } from 'node:path'
import { chance, nowMs } from '../clock.ts'
import { type Hook, HOOKS } from '../config/hook-target.ts'
import { decide, type Outcome, type Verdict } from '../job/decide.ts'
import type { Job } from '../job/job.ts'
import { type RunFacts, settledRecord } from '../job/record.ts'
import { isoTime } from '../job/time.ts'
import { flushMove, type Held, settleMove, stampHeld } from '../spool/transitions.ts'
import type { ActiveRun, Strays } from './active-run.ts'
import type { RunContext } from './context.ts'
import { withDiskSpace, withOomKill } from './outcome.ts'
import { truncateMiddle } from './output-cap.ts'
import type { RunPaths } from './paths.ts'
import { removeTraces } from './traces.ts'
import { findExact, findSame } from '../spool/lookup.ts'
import { exists } from '../disk/files.ts'
import { dirname } from 'node:path'

/** A run that has ended. */
export interface EndedRun {
  readonly held: Held
  /** The record as it was before the run is counted. */
  readonly job: Job
  /** Undefined: the traces stay. */
  readonly paths?: RunPaths
  /** What it left behind, which may be alive; undefined: nothing. */
  readonly strays?: Strays | undefined
  readonly outcome: Outcome
  readonly facts: RunFacts
  /** Given where the outcome alone does not decide. */
  readonly verdict?: Verdict
}

/** Settles a run that this worker has watched to its end. */
export async function settleRun(ctx: RunContext, run: ActiveRun, outcome: Outcome): Promise<void> {
  // Retried: a run that has ended must not run again only because /proc could not be read.
  const strays = await ctx.retryUntilDone(`settle ${run.id}`, () => run.strays(), entryOf(ctx, run.held))
  run.close(strays === undefined)
  const facts = {
    run: run.run,
    worker: ctx.holder.name,
    slot: run.slot,
    startedAt: run.startedAt,
    finishedAt: nowMs(),
    strays: strays?.pids ?? [],
  }
  const { held, job, paths } = run
  const ended = withOomKill(ctx.oomKills, withDiskSpace(ctx.home, outcome))
  await settle(ctx, { held, job, paths, strays, outcome: ended, facts })
}

const entryOf = ({ home }: RunContext, { path }: Held): string => relative(home.root, path)

/** Stamps the verdict, moves the job where it says, and records that. A job whose file is gone is not recreated. */
export async function settle(ctx: RunContext, ended: EndedRun): Promise<void> {
  const { held, job, paths, outcome, facts } = ended
  const now = facts.finishedAt
  const verdict = ended.verdict ?? decide(outcome, job, ctx.configOf(job.queue), now, chance())
  const record = settledRecord(job, outcome, verdict, facts)
  const { max_log_bytes: limit } = ctx.config
  const isMoved = await ctx.retryUntilDone(
    `settle ${job.id}`,
    async () => {
      // If we die here: the run has ended and is not counted; recovery settles it from its traces.
      if (paths && limit > 0) await truncateMiddle(paths, limit)
      // If we die between the stamp and the move: the run is counted; recovery makes the move.
      if (await stampHeld(held, record, ctx.config.durability)) {
        // If we die after this: its numbers are free, and its command has ended.
        ctx.letGo(held.fileName)
        if (settleMove(ctx.home, held, record, verdict.to, verdict.due ?? now)) return true
      }
      return isRecorded(ctx, held, record)
    },
    entryOf(ctx, held),
  )
  // If we die after the move: the job is settled; its traces are leftovers that the sweeper removes.
  if (isMoved) await flushSettled(ctx, job.id, verdict.to, verdict.due ?? now)
  // A FIFO that is held, or may be, is never given back or removed: it tells the next run of what is alive. The mark goes
  // before the FIFO: if we die between the two, a free FIFO is left, which says that the run is over.
  if (paths) removeTraces(paths, ended.strays !== undefined, ctx.fifos)
  // If we die here: the job is settled, and the journal lacks one event.
  recordSettled(ctx, record, { verdict, facts, isMoved })
}

/**
 * Does a record that counts this run lie elsewhere? Then we moved it, whatever the rename was answered, and a worker may
 * have taken it on. If our directory is gone too, the process that took it over has settled the run.
 */
function isRecorded(ctx: RunContext, { path }: Held, record: Job): boolean {
  if (exists(path) || !exists(dirname(path))) return false
  return findSame(ctx.home, record)?.history.some(({ run }) => run === record.history.at(-1)?.run) ?? false
}

/** Flushes the move that settled a job. The move has happened: a failed flush neither undoes nor repeats it. */
export async function flushSettled(ctx: RunContext, id: string, to: Job['state'], at: number): Promise<void> {
  const failed = (error: unknown): void =>
    ctx.log(`cannot flush the move of ${id} (${String(error)}): a power cut now may undo it`)
  await flushMove(ctx.home, to, at, ctx.config.durability).catch(failed)
}

interface Settled {
  readonly verdict: Verdict
  readonly facts: RunFacts
  /** False: the job's file was removed or moved by hand, so the record is on disk nowhere. */
  readonly isMoved: boolean
}

/** Writes the outcome to the journal and the log, and calls the hook for it. */
function recordSettled(ctx: RunContext, record: Job, { verdict, facts, isMoved }: Settled): void {
  const run = record.history.at(-1)
  const event = {
    job: record.id,
    run: facts.run,
    ...(facts.worker === undefined ? {} : { worker: facts.worker }),
    ...(run?.duration_ms === undefined ? {} : { duration_ms: run.duration_ms }),
    ...(run?.exit_code === undefined ? {} : { exit_code: run.exit_code }),
    ...(verdict.error === undefined ? {} : { error: verdict.error }),
  }
  const hook = isMoved ? hookOf(verdict) : hookOfRemoved(ctx, record, verdict)
  if (hook) ctx.callHook(hook, record)
  if (!isMoved) return ctx.record({ ...event, event: 'removed' })
  ctx.noteOutcome(record.queue, verdict)
  if (verdict.ending === 'completed' || verdict.ending === 'given_back' || verdict.ending === 'cancelled')
    return ctx.record({ ...event, event: verdict.ending })
  if (verdict.to === 'pending') return ctx.record({ ...event, event: 'interrupted' })
  if (verdict.to === 'failed')
    return ctx.record({ ...event, event: 'failed', due: isoTime(verdict.due ?? facts.finishedAt) })
  if (verdict.countsAttempt) ctx.record({ ...event, event: 'failed' }, { ...event, event: 'dlq' })
  else ctx.record({ ...event, event: 'dlq' })
}

/** The hook of the state a job goes to; a cancelled job goes to dead/ too but has its own hook. */
function hookOf({ ending, to }: Verdict): Hook | undefined {
  if (ending === 'cancelled') return 'cancelled'
  return HOOKS.find((hook) => hook === to)
}

/** Removing a running job's file cancels the job; moving it to another state does not. */
const hookOfRemoved = ({ home }: RunContext, { id }: Job, { ending }: Verdict): Hook | undefined =>
  ending === 'cancelled' && !findExact(home, id) ? 'cancelled' : undefined
