/** Starts the next run of a claimed job. */
import { nowMs } from '../clock.ts'
import type { Job } from '../job/job.ts'
import type { Verdict } from '../job/decide.ts'
import { type Sighting, sightings } from '../spool/scan.ts'
import { type Held, stampHeld } from '../spool/transitions.ts'
import { isHeld } from '../disk/fifo.ts'
import { earlierTraces, removeTraces } from './traces.ts'
import { endStrays } from './kill.ts'
import { launch } from './launch.ts'
import { ActiveRun } from './active-run.ts'
import type { Site, StartingSite } from './context.ts'
import { holdersOf } from '../disk/process.ts'
import { setAside } from '../spool/corrupt.ts'
import { runPaths } from './paths.ts'
import { createOutput, runNumbers } from './output.ts'
import { settle } from './settle.ts'
import { readHeld } from './resume.ts'
import { anew, started } from '../job/record.ts'

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
