/**
 * One job through one run: start it, settle what came of it, or read how far somebody else got with it.
 *
 * Crash: a job that we hold is read by whoever finds it, from its record and the traces of its run: `resume` below is
 * that reading, and the table in lib/README.md lists every case.
 */
import { join } from 'node:path'
import { chance, nowMs } from '../clock.ts'
import type { Job } from '../job/job.ts'
import { parseName } from '../job/file-name.ts'
import {
  anew,
  decide,
  type Outcome,
  type RunFacts,
  restingPlace,
  settled,
  started,
  type Verdict,
} from '../job/policy.ts'
import { NotJson, readJob } from '../job/parse.ts'
import { isExhausted, read } from '../disk/files.ts'
import { type Sighting, sightings } from '../spool/scan.ts'
import { flushMove, type Held, moveToPending, putBack, setAside, settleMove, stampHeld } from '../spool/transitions.ts'
import { shorten } from './output-cap.ts'
import { holdersOf, isHeld } from '../disk/fifo.ts'
import {
  createOutput,
  earlierTraces,
  isCounted,
  readTraces,
  removeTraces,
  runNumbers,
  type RunPaths,
  runPaths,
  type Traces,
} from './traces.ts'
import { endStrays } from './kill.ts'
import { launch } from './launch.ts'
import { ActiveRun, outcomeOf, withRoom } from './active-run.ts'
import type { Site, StartingSite } from './context.ts'
import { tellSettled } from './report.ts'

/** The job in a held file; undefined when it was taken away or could not be understood and was set aside. */
function readHeld(site: Site, held: Held): Job | undefined {
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
 * Starts the next run of a job we have claimed.
 * @returns the run, or undefined when nothing was started and the job has been dealt with
 * @throws when the machine is out of something: the job is still held, and nothing of it runs.
 */
export async function startJob(site: StartingSite, held: Held, slot: number): Promise<ActiveRun | undefined> {
  const { home, holder } = site
  const job = readHeld(site, held)
  if (!job) return undefined
  if (job.runs > 0 && !(await clearEarlierRuns(site, held, job, slot))) return undefined
  let next = started(anew(job, nowMs()), { run: job.runs + 1, worker: holder.name, slot, at: nowMs() })
  const { durability } = site.config
  if (!(await stampHeld(held, next, durability))) return undefined
  let output = createOutput(home, next.id, next.runs)
  while (!output) {
    // This record is older than the disk: an editor's save after the claim, a copy, a claim undone by a power cut.
    if (isStaleCopy(site, held, `run ${next.runs} has been before`)) return undefined
    next = { ...next, runs: Math.max(next.runs, ...runNumbers(home, next.id)) + 1 }
    if (!(await stampHeld(held, next, durability))) return undefined
    output = createOutput(home, next.id, next.runs)
  }
  const paths = runPaths(home, next.id, next.runs)
  site.fifos.take(paths.fifo)
  const startedAt = nowMs()
  const place = { worker: holder.name, slot, shells: site.shells }
  const launched = await launch(home, next, held.path, paths, output, place)
  if (!launched) {
    removeTraces(paths, false)
    site.tell({ event: 'removed', job: next.id, run: next.runs, worker: holder.name })
    return undefined
  }
  if ('why' in launched) {
    await settle(
      site,
      held,
      next,
      paths,
      { kind: 'exited', code: launched.code, error: launched.why },
      { run: next.runs, worker: holder.name, slot, finishedAt: nowMs() },
    )
    return undefined
  }
  site.tell({ event: 'started', job: next.id, run: next.runs, worker: holder.name })
  return ActiveRun.watch(home, next, held, slot, next.timeout ?? site.config.timeout, startedAt, launched)
}

/** Before a job runs again, everything an earlier run of it left behind must be gone. */
async function clearEarlierRuns(site: Site, held: Held, job: Job, slot: number): Promise<boolean> {
  for (const run of earlierTraces(site.home, job.id, job.runs + 1)) {
    const paths = runPaths(site.home, job.id, run)
    if (isHeld(paths.fifo)) {
      if (isStaleCopy(site, held, `run ${run} is going on`)) return false
      site.say(
        `${job.id}: ending what run ${run} left running (${holdersOf(paths.fifo).join(', ')}) before it runs again`,
      )
    }
    if (await endStrays(paths)) {
      removeTraces(paths, false)
      continue
    }
    const pids = holdersOf(paths.fifo)
    const error = `processes that run ${run} left behind cannot be ended: ${pids.join(', ')}`
    const verdict: Verdict = { to: 'dead', ending: 'interrupted', countsAttempt: false, error }
    await settle(
      site,
      held,
      job,
      undefined,
      { kind: 'interrupted' },
      { run, worker: site.holder.name, slot, finishedAt: nowMs(), strays: pids },
      verdict,
    )
    return false
  }
  return true
}

/**
 * Is what we hold only a copy, made by an editor or `cp`, of a job that lies elsewhere? Then it is set aside. Asked only
 * when the record and the traces do not fit together. Looks twice, because jobs move.
 */
function isStaleCopy(site: Site, held: Held, sign: string): boolean {
  const isOther = (seen: Sighting): boolean => seen.name.id === held.name.id && seen.path !== held.path
  if (![1, 2].some(() => [...sightings(site.home)].some(isOther))) return false
  const error = `a stale copy of ${held.name.id}: ${sign}, and the job itself lies elsewhere`
  setAside(site.home, held.path, held.fileName, error)
  site.tell({ event: 'corrupt', job: held.name.id, error })
  return true
}

/** Settles a run that has ended. */
export async function settleRun(site: Site, run: ActiveRun, outcome: Outcome): Promise<void> {
  // What has run must not run again because we could not look what it left behind.
  const strays = await site.insist(`settle ${run.id}`, () => run.strays())
  run.close(strays === undefined)
  const facts = {
    run: run.run,
    worker: site.holder.name,
    slot: run.slot,
    startedAt: run.startedAt,
    finishedAt: nowMs(),
    strays: strays ?? [],
  }
  await settle(site, run.held, run.job, run.paths, withRoom(site.home, outcome), facts)
}

/** Stamps the verdict, moves the job where it says, and tells. A job that was taken away is left alone. */
async function settle(
  site: Site,
  held: Held,
  job: Job,
  paths: RunPaths | undefined,
  outcome: Outcome,
  facts: RunFacts,
  given?: Verdict,
): Promise<void> {
  const now = facts.finishedAt
  const verdict = given ?? decide(outcome, job, site.config, now, chance())
  const record = settled(job, outcome, verdict, facts)
  const { max_log_bytes: most } = site.config
  const isDone = await site.insist(`settle ${job.id}`, async () => {
    if (paths && most > 0) await shorten(paths, most)
    // If we die between the two: counted, and only the move is missing.
    return (
      (await stampHeld(held, record, site.config.durability)) &&
      settleMove(site.home, held, record, verdict.to, verdict.due ?? now)
    )
  })
  if (isDone) await flushSettled(site, job.id, verdict.to, verdict.due ?? now)
  const hasStrays = (facts.strays?.length ?? 0) > 0
  if (paths && !hasStrays) site.fifos?.giveBack(paths.fifo)
  if (paths) removeTraces(paths, hasStrays)
  tellSettled(site, record, verdict, facts, isDone)
}

/** The move is made; whether it is flushed too must not undo or repeat it. */
async function flushSettled(site: Site, id: string, to: Job['state'], at: number): Promise<void> {
  const failed = (error: unknown): void =>
    site.say(`cannot flush the move of ${id} (${String(error)}): a power cut now may undo it`)
  await flushMove(site.home, to, at, site.config.durability).catch(failed)
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
