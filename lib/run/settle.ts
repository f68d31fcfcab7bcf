/** Settles a run that has ended: stamp the verdict, move the job, flush, tell. */
import { chance, nowMs } from '../clock.ts'
import type { Job } from '../job/job.ts'
import { decide, type Outcome, type Verdict } from '../job/decide.ts'
import { flushMove, type Held, settleMove, stampHeld } from '../spool/transitions.ts'
import { shorten } from './output-cap.ts'
import { removeTraces } from './traces.ts'
import { type ActiveRun, withRoom } from './active-run.ts'
import type { Site } from './context.ts'
import type { RunPaths } from './paths.ts'
import { type Hook, HOOKS } from '../config/hook-target.ts'
import { isoTime } from '../job/time.ts'
import { findExact } from '../spool/scan.ts'
import { type RunFacts, settled } from '../job/record.ts'

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
export async function settle(
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
export async function flushSettled(site: Site, id: string, to: Job['state'], at: number): Promise<void> {
  const failed = (error: unknown): void =>
    site.say(`cannot flush the move of ${id} (${String(error)}): a power cut now may undo it`)
  await flushMove(site.home, to, at, site.config.durability).catch(failed)
}

/** @param isDone false: the job was taken away by hand, and what is in `record` lies nowhere */
export function tellSettled(site: Site, record: Job, verdict: Verdict, facts: RunFacts, isDone: boolean): void {
  const run = record.history.at(-1)
  const event = {
    job: record.id,
    run: facts.run,
    ...(facts.worker === undefined ? {} : { worker: facts.worker }),
    ...(run?.duration_ms === undefined ? {} : { duration_ms: run.duration_ms }),
    ...(run?.exit_code === undefined ? {} : { exit_code: run.exit_code }),
    ...(verdict.error === undefined ? {} : { error: verdict.error }),
  }
  const hook = isDone ? hookOf(verdict) : hookOfRemoved(site, record, verdict)
  if (hook) site.callHook(hook, record)
  if (!isDone) return site.tell({ ...event, event: 'removed' })
  if (verdict.ending === 'completed' || verdict.ending === 'given_back' || verdict.ending === 'cancelled')
    return site.tell({ ...event, event: verdict.ending })
  if (verdict.to === 'pending') return site.tell({ ...event, event: 'interrupted' })
  if (verdict.to === 'failed')
    return site.tell({ ...event, event: 'failed', due: isoTime(verdict.due ?? facts.finishedAt) })
  if (verdict.countsAttempt) site.tell({ ...event, event: 'failed' }, { ...event, event: 'dlq' })
  else site.tell({ ...event, event: 'dlq' })
}

/** Cancelled jobs are dead as well, and told apart. */
function hookOf({ ending, to }: Verdict): Hook | undefined {
  if (ending === 'cancelled') return 'cancelled'
  return HOOKS.find((hook) => hook === to)
}

/** To remove the file of a running job is to cancel it; to move it elsewhere is not. */
const hookOfRemoved = ({ home }: Site, { id }: Job, { ending }: Verdict): Hook | undefined =>
  ending === 'cancelled' && !findExact(home, id) ? 'cancelled' : undefined
