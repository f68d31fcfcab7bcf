/**
 * One job through one run: start it, settle what came of it, or read how far somebody else got with it.
 *
 * Crash: a job that we hold is read by whoever finds it, from its record and the traces of its run: `resume` below is
 * that reading, and the table in lib/README.md lists every case.
 */
import { join } from 'node:path'
import { nowMs } from '../clock.ts'
import type { Job } from '../job/job.ts'
import { parseName } from '../job/file-name.ts'
import { NotJson, readJob } from '../job/parse.ts'
import { isExhausted, read } from '../disk/files.ts'
import { type Held, moveToPending, putBack, settleMove } from '../spool/transitions.ts'
import { isCounted, readTraces, removeTraces, type Traces } from './traces.ts'
import { ActiveRun, outcomeOf } from './active-run.ts'
import type { Site } from './context.ts'
import { holdersOf } from '../disk/process.ts'
import { setAside } from '../spool/corrupt.ts'
import { runPaths } from './paths.ts'
import { flushSettled, settle } from './settle.ts'
import { restingPlace, type RunFacts } from '../job/record.ts'

/** The job in a held file; undefined when it was taken away or could not be understood and was set aside. */
export function readHeld(site: Site, held: Held): Job | undefined {
  try {
    const text = read(held.path)
    return text === undefined ? undefined : readJob(text, held.name, 'processing')
  } catch (error) {
    if (isExhausted(error)) throw error
    const why = error instanceof Error ? error.message : String(error)
    const reason = error instanceof NotJson ? `it is not JSON: ${why}` : why
    setAside(site.home, held.path, held.fileName, reason)
    site.tell({ event: 'corrupt', job: held.name.id, error: reason })
    return undefined
  }
}

/**
 * Are these the traces of a run that was settled, and left something running, before the job came back? Then it is the
 * next run that never started, and the move after this one has long been made.
 */
const isStrayOnly = (job: Job, traces: Traces): boolean =>
  traces.leader !== undefined && !traces.exit && !traces.note && job.history.at(-1)?.outcome !== 'interrupted'

/**
 * Reads how far a dead holder got with a job, and does what is missing.
 * @param dir the directory it lies in, ours by now
 * @param adopt takes a file whose run is going on into the worker's own directory
 * @returns the run, when one is going on
 */
export async function resume(
  site: Site,
  dir: string,
  fileName: string,
  slot: number,
  adopt: (path: string) => string | undefined,
): Promise<ActiveRun | undefined> {
  const { home } = site
  const path = join(dir, fileName)
  const name = parseName(fileName)
  if (!name) {
    moveToPending(home, path, fileName)
    return undefined
  }
  const held = { path, fileName, name }
  const job = readHeld(site, held)
  if (!job) return undefined
  const paths = runPaths(home, job.id, job.runs)
  const traces = readTraces(paths)
  if (isCounted(job, traces) && isStrayOnly(job, traces)) {
    putBack(home, held)
    return undefined
  }
  if (isCounted(job, traces)) {
    const { to, due } = restingPlace(job, nowMs())
    const at = due ?? (Date.parse(job.finished_at ?? '') || nowMs())
    if (settleMove(home, held, job, to, at)) await flushSettled(site, job.id, to, at)
    removeTraces(paths, traces.held)
    return undefined
  }
  const startedAt = Date.parse(job.started_at ?? '') || undefined
  const facts = (finishedAt: number): RunFacts => ({
    run: job.runs,
    ...(job.worker === undefined ? {} : { worker: job.worker }),
    ...(job.slot === undefined ? {} : { slot: job.slot }),
    ...(startedAt === undefined ? {} : { startedAt }),
    finishedAt,
    ...(traces.held ? { strays: holdersOf(paths.fifo) } : {}),
  })
  if (traces.exit || (traces.note && !traces.held)) {
    await settle(
      site,
      held,
      job,
      paths,
      outcomeOf(traces.exit?.code, traces.note, paths),
      facts(traces.exit?.at ?? nowMs()),
    )
    return undefined
  }
  if (traces.held) {
    const ours = adopt(path)
    if (ours === undefined) return undefined
    site.tell({ event: 'adopted', job: job.id, run: job.runs, worker: site.holder.name })
    return ActiveRun.adopt(home, job, { path: ours, fileName, name }, slot, job.timeout ?? site.config.timeout, traces)
  }
  if (traces.leader) {
    await settle(site, held, job, paths, { kind: 'interrupted' }, facts(nowMs()))
    return undefined
  }
  // It never started: back where it came from, uncounted.
  removeTraces(paths, false)
  putBack(home, held)
  return undefined
}
