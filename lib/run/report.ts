/** What is told of a run that was settled: to the journal, the log and the hooks. */
import { type Hook, HOOKS } from '../config/hook-target.ts'
import type { Job } from '../job/job.ts'
import type { RunFacts, Verdict } from '../job/policy.ts'
import { isoTime } from '../job/time.ts'
import { findExact } from '../spool/scan.ts'
import type { Site } from './context.ts'

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
