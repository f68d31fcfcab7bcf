/**
 * Reads how far a holder that died got with a job, and does what is missing. The crash table in lib/CRASHES.md as code:
 * one case for each row.
 */
import { join } from 'node:path'
import { nowMs } from '../clock.ts'
import type { Job } from '../job/job.ts'
import { parseName } from '../job/file-name.ts'
import { destinationOf, type RunFacts } from '../job/record.ts'
import { holdersOf } from '../disk/process.ts'
import { type Held, moveToPending, putBack, settleMove } from '../spool/transitions.ts'
import { ActiveRun, outcomeOf } from './active-run.ts'
import type { RunContext } from './context.ts'
import { readHeld } from './held-job.ts'
import { type RunPaths, runPaths } from './paths.ts'
import { flushSettled, settle } from './settle.ts'
import { isCounted, readTraces, removeTraces, type Traces } from './traces.ts'

/** How far a run got, told by the job's record and the traces of its run. */
type Progress =
  /** The run is counted in the record, and only the settling move is missing. */
  | 'counted'
  /** The traces belong to a run that was settled before and left a process behind; the next run never started. */
  | 'strays_of_last'
  /** There is an exit record, or a note says why it was ended and nothing of it is alive. */
  | 'ended'
  /** A process of the run is alive. */
  | 'running'
  /** It has a start mark, nothing is alive, and nothing says how it ended. */
  | 'interrupted'
  | 'not_started'

/** The rows are asked in this order: each presumes that those before it do not hold. */
function progressOfRun(job: Job, traces: Traces): Progress {
  if (isCounted(job, traces)) return isOfSettledRun(job, traces) ? 'strays_of_last' : 'counted'
  if (traces.exit || (traces.note && !traces.held)) return 'ended'
  if (traces.held) return 'running'
  return traces.leader ? 'interrupted' : 'not_started'
}

/**
 * A counted run with no exit record and no note whose last outcome was not an interruption was settled earlier: the
 * settling removes both and leaves the start mark only beside a FIFO that is still held.
 */
const isOfSettledRun = (job: Job, traces: Traces): boolean =>
  traces.leader !== undefined && !traces.exit && !traces.note && job.history.at(-1)?.outcome !== 'interrupted'

export interface ResumeOptions {
  /** The slot that an adopted run takes. */
  readonly slot: number
  /** Takes the file of a run that is going on into our own directory; undefined: it is left where it lies. */
  readonly adopt: (path: string) => string | undefined
}

/**
 * Does what a dead holder left undone about one of its jobs.
 * @param dir the directory the job lies in, which is ours by now
 * @returns the run, when one is going on
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
    moveToPending(home, path, fileName)
    return undefined
  }
  const held = { path, fileName, name }
  const job = readHeld(ctx, held)
  if (!job) return undefined
  const paths = runPaths(home, job.id, job.runs)
  const traces = readTraces(paths)
  const facts = factsOf(job, paths, traces)
  switch (progressOfRun(job, traces)) {
    case 'strays_of_last':
      putBack(home, held)
      return undefined
    case 'counted':
      await finishMove(ctx, held, job)
      removeTraces(paths, traces.held)
      return undefined
    case 'ended': {
      const outcome = outcomeOf(traces.exit?.code, traces.note, paths)
      await settle(ctx, { held, job, paths, outcome, facts: facts(traces.exit?.at ?? nowMs()) })
      return undefined
    }
    case 'running': {
      const ours = adopt(path)
      if (ours === undefined) return undefined
      ctx.record({ event: 'adopted', job: job.id, run: job.runs, worker: ctx.holder.name })
      const timeout = job.timeout ?? ctx.config.timeout
      return ActiveRun.adopt({ home, job, held: { path: ours, fileName, name }, slot, timeout }, traces)
    }
    case 'interrupted':
      await settle(ctx, { held, job, paths, outcome: { kind: 'interrupted' }, facts: facts(nowMs()) })
      return undefined
    case 'not_started':
      // Back where it came from, uncounted.
      removeTraces(paths, false)
      putBack(home, held)
      return undefined
  }
}

/** What is known of the run from its record, once it is known when it finished. */
function factsOf(job: Job, paths: RunPaths, traces: Traces): (finishedAt: number) => RunFacts {
  const startedAt = Date.parse(job.started_at ?? '') || undefined
  return (finishedAt) => ({
    run: job.runs,
    ...(job.worker === undefined ? {} : { worker: job.worker }),
    ...(job.slot === undefined ? {} : { slot: job.slot }),
    ...(startedAt === undefined ? {} : { startedAt }),
    finishedAt,
    ...(traces.held ? { strays: holdersOf(paths.fifo) } : {}),
  })
}

/** The record says where the job belongs: moves it there. */
async function finishMove(ctx: RunContext, held: Held, job: Job): Promise<void> {
  const { to, due } = destinationOf(job, nowMs())
  const at = due ?? (Date.parse(job.finished_at ?? '') || nowMs())
  if (settleMove(ctx.home, held, job, to, at)) await flushSettled(ctx, job.id, to, at)
}
