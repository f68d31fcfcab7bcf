/**
 * Finishes what a dead holder left undone with one job. This is the crash table of lib/CRASHES.md as code, for the rows
 * from a claim to a settled run: {@link stageOf} tells how far the job got, {@link resume} has one case for each stage.
 *
 * Every step can be cut off too: the job then lies in a dead holder's directory again, at the same stage or a later one.
 */
import { join } from 'node:path'
import { nowMs } from '../clock.ts'
import type { Job } from '../job/job.ts'
import { parseName } from '../job/file-name.ts'
import { destinationOf } from '../job/record.ts'
import { type Held, moveToPending, putBack, settleMove } from '../spool/transitions.ts'
import { ActiveRun } from './active-run.ts'
import type { RunContext } from './context.ts'
import { readHeld } from './held-job.ts'
import { heldSentence, processesOf } from './run-life.ts'
import { outcomeOf } from './outcome.ts'
import { type RunPaths, runPaths } from './paths.ts'
import { type EndedRun, flushSettled, settle } from './settle.ts'
import { isCounted, readTraces, removeTraces, type Traces } from './traces.ts'

/** How far the job got, by the rows of "What a held job's traces mean" in lib/CRASHES.md. */
export type Stage =
  /** The outcome is stamped: only the settling move is missing. */
  | 'counted'
  /** Claimed, not stamped: the traces are those of the run before, which was settled and left a process behind. */
  | 'settled_before'
  /** The run is over: there is an exit record, or no process is alive and a note says why the run was ended. */
  | 'ended'
  /** A process of the run is alive. */
  | 'alive'
  /** The command was started, and whether a process of it is alive cannot be told. */
  | 'hidden'
  /** The command was started, no process is alive, and nothing says how it ended. */
  | 'interrupted'
  /** The command was never started. */
  | 'never_started'

/** Reads the stage from the record and the traces of its last run. Each line presumes that the ones before do not hold. */
export function stageOf(job: Job, traces: Traces): Stage {
  if (isCounted(job, traces)) return isOfSettledRun(job, traces) ? 'settled_before' : 'counted'
  if (traces.exit || (traces.note && traces.life !== 'alive')) return 'ended'
  if (traces.life !== 'over') return traces.life === 'alive' ? 'alive' : 'hidden'
  // A start mark that was torn by a power cut is none.
  return typeof traces.mark === 'string' ? 'never_started' : 'interrupted'
}

/**
 * Was the counted run settled completely? Settling removes exit record and note, and leaves the start mark only beside a
 * FIFO that strays hold. A run that was counted as interrupted never had either, so its traces look the same before.
 */
const isOfSettledRun = (job: Job, traces: Traces): boolean =>
  typeof traces.mark !== 'string' && !traces.exit && !traces.note && job.history.at(-1)?.outcome !== 'interrupted'

export interface ResumeOptions {
  /** The slot that an adopted run takes. */
  readonly slot: number
  /** Moves the file of a living run into our own directory. @returns its new path; undefined: it stays where it is */
  readonly adopt: (path: string) => string | undefined
}

/**
 * Finishes what a dead holder left undone with one of its jobs.
 * @param dir the directory that the job lies in, which we hold by now
 * @returns the run, when it is alive and adopted
 */
export async function resume(
  ctx: RunContext,
  dir: string,
  fileName: string,
  { slot, adopt }: ResumeOptions,
): Promise<ActiveRun | undefined> {
  const { home } = ctx
  const path = join(dir, fileName)
  const name = parseName(fileName)
  if (!name) {
    // Not a job file: intake decides what it is. If we die after this, it lies in pending/ like any dropped file.
    moveToPending(home, path, fileName)
    return undefined
  }
  const held = { path, fileName, name }
  const job = readHeld(ctx, held)
  if (!job) return undefined
  const paths = runPaths(home, job.id, job.runs)
  const traces = readTraces(paths)
  switch (stageOf(job, traces)) {
    case 'counted':
      // If we die after the move: settled, and the traces are leftovers that the sweeper removes.
      await moveAsStamped(ctx, held, job)
      removeTraces(paths, traces.life !== 'over')
      return undefined
    case 'settled_before':
      // If we die after this: in pending/. The traces stay, for the next run to end the strays.
      putBack(home, held)
      return undefined
    case 'ended': {
      // If we die after the stamp: 'counted'.
      const outcome = outcomeOf(traces.exit?.code, traces.note, paths)
      await settle(ctx, { held, job, paths, outcome, ...factsOf(job, paths, traces, traces.exit?.at ?? nowMs()) })
      return undefined
    }
    case 'alive': {
      // If we die after this: 'alive' or later, in our own directory.
      const ours = adopt(path)
      if (ours === undefined) return undefined
      ctx.record({ event: 'adopted', job: job.id, run: job.runs, worker: ctx.holder.name })
      const timeout = job.timeout ?? ctx.configOf(job.queue).timeout
      const fifo = typeof traces.mark === 'string' ? undefined : traces.mark.fifo
      const adopted = { ...held, path: ours }
      return ActiveRun.adopt({ home, job, held: adopted, slot, timeout, fifo, log: ctx.log }, traces)
    }
    case 'interrupted':
      // If we die after the stamp: 'counted'.
      await settle(ctx, {
        held,
        job,
        paths,
        outcome: { kind: 'interrupted' },
        ...factsOf(job, paths, traces, nowMs()),
      })
      return undefined
    case 'hidden': {
      // If we die after the stamp: 'counted'. The traces stay: they keep the job from running beside what it may have left.
      const outcome = { kind: 'hidden', what: heldSentence(paths, job.runs) } as const
      await settle(ctx, { held, job, paths, outcome, ...factsOf(job, paths, traces, nowMs()) })
      return undefined
    }
    case 'never_started':
      // If we die between the two: 'never_started', without traces. After both: in pending/, no attempt used.
      removeTraces(paths, false)
      putBack(home, held)
      return undefined
  }
}

/** What the record and the traces say about a run that ended at `finishedAt` (ms). */
export function factsOf(
  job: Job,
  paths: RunPaths,
  { life, mark }: Traces,
  finishedAt: number,
): Pick<EndedRun, 'facts' | 'strays'> {
  const startedAt = Date.parse(job.started_at ?? '') || undefined
  const facts = {
    run: job.runs,
    ...(job.worker === undefined ? {} : { worker: job.worker }),
    ...(job.slot === undefined ? {} : { slot: job.slot }),
    ...(startedAt === undefined ? {} : { startedAt }),
    finishedAt,
  }
  if (life === 'over') return { facts, strays: undefined }
  const strays = { life, pids: processesOf(paths, mark) }
  return { facts: { ...facts, strays: strays.pids }, strays }
}

/** Moves a job to where its stamped record says it belongs. */
async function moveAsStamped(ctx: RunContext, held: Held, job: Job): Promise<void> {
  const { to, due } = destinationOf(job, nowMs())
  const at = due ?? (Date.parse(job.finished_at ?? '') || nowMs())
  if (settleMove(ctx.home, held, job, to, at)) await flushSettled(ctx, job.id, to, at)
}
