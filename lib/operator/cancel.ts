/**
 * Cancels a job and waits for its run to end. If the job's worker is dead, this command takes the job from it and ends the
 * run itself.
 */
import { basename, dirname, join } from 'node:path'
import { monotonicMs, nowMs, sleep } from '../clock.ts'
import { recordEvents } from '../journal/journal.ts'
import type { Job } from '../job/job.ts'
import { actOn, type ChangeOptions, changeRecord, hasLiveHolder, wrongState } from './take.ts'
import { exists, move } from '../disk/files.ts'
import { type JobFile, readJobOrThrow } from '../spool/scan.ts'
import { joinOperators } from '../spool/holders.ts'
import type { Home } from '../spool/layout.ts'
import { type JobRefOrId, resolveJob } from '../query/resolve.ts'
import { resume } from '../run/resume.ts'
import { readConfig } from '../config/file.ts'
import { settleRun } from '../run/settle.ts'
import { operatorContext, operatorHooks } from '../run/context.ts'
import { writeNote } from '../run/traces.ts'
import { ring, ringHolder } from '../spool/wakeup.ts'
import { DEFAULTS } from '../config/schema.ts'
import { cancelledRecord } from '../job/record.ts'
import { isAllowed, isOver, shownState } from '../job/state.ts'
import { findExact } from '../spool/lookup.ts'

/** How often to check whether the job has been settled (ms). */
const POLL_MS = 10

interface CancelOptions {
  readonly reason: string
  readonly waitMs: number
  readonly signal?: AbortSignal
}

/** @returns the dead job; or after `waitMs` the job as it is, while its run is still ending @throws as `Queue.cancel` */
export async function cancelAndWait(
  home: Home,
  target: JobRefOrId,
  { reason, waitMs, signal }: CancelOptions,
): Promise<Job> {
  const until = monotonicMs() + waitMs
  const id = typeof target === 'string' ? resolveJob(home, target, 'cancel').name.id : target.id
  for (let first = true; ; first = false) {
    // A ref from a list saves the first search.
    const current = first && typeof target !== 'string' ? target : id
    const result = await cancelJob(home, current, reason, { durability: readConfig(home).durability })
    if (!('ending' in result)) {
      recordEvents(home, [{ event: 'cancelled', job: id, error: reason }])
      const hooks = operatorHooks(home)
      hooks.callFor('cancelled', result)
      await hooks.finish()
      return result
    }
    if (!result.watched) await endUnwatched(home, id)
    let file: JobFile | undefined
    for (;;) {
      // Search all states only if the job has moved.
      if (!file || !exists(file.path)) file = findExact(home, id)
      const job = file && readJobOrThrow(file, 'cancel')
      if (job && isOver(job.state)) return job
      if (job && monotonicMs() >= until) return job
      // The run ended, or began, before its worker read the note: cancel the job in its new state.
      if (job && (job.state !== 'processing' || job.runs !== result.run)) break
      signal?.throwIfAborted()
      await sleep(POLL_MS, signal)
    }
  }
}

/** The job, if it may be cancelled. @throws as `Queue.cancel` */
export async function checkCancel(home: Home, target: JobRefOrId): Promise<Job> {
  const result = await cancelJob(home, target, '', { dryRun: true })
  return result as Job
}

/** Takes a job from its dead holder, ends its run and settles it. Does nothing if another process has it by now. */
async function endUnwatched(home: Home, id: string): Promise<void> {
  const file = findExact(home, id)
  if (file?.state !== 'processing') return
  const holder = joinOperators(home, 'processing')
  const ours = join(holder.dir, 'processing', basename(file.path))
  // If we die after this: a worker finds the job with a dead operator and resumes it.
  if (!move(file.path, ours)) {
    holder.leave()
    return
  }
  const hooks = operatorHooks(home)
  const ctx = operatorContext(home, holder, hooks)
  const run = await resume(ctx, dirname(ours), basename(ours), { slot: 0, adopt: (path) => path })
  if (run) {
    const end = await run.ended
    if (end.kind !== 'not_begun' && end.kind !== 'taken_away' && end.kind !== 'abandoned')
      await settleRun(ctx, run, end)
  }
  holder.leave()
  await hooks.finish()
}

/** What became of a cancelled job: it is dead, or its run was asked to end (`watched`: by a live worker). */
export type CancelResult = Job | { readonly ending: string; readonly run: number; readonly watched: boolean }

/**
 * Cancels a job that is not finished. A running one is asked to end, by a note that its worker acts on.
 * @returns the dead job, or `ending` when its run was asked to end
 */
export async function cancelJob(
  home: Home,
  target: JobRefOrId,
  reason: string,
  how: ChangeOptions = {},
): Promise<CancelResult> {
  const { dryRun, durability = DEFAULTS.durability } = how
  return actOn<CancelResult>(home, target, 'cancel', async (file) => {
    const { id } = file.name
    if (!isAllowed('cancel', file.state)) throw wrongState('cancel', file, `it is ${shownState(file.state)} already`)
    if (dryRun) return readJobOrThrow(file, 'cancel')
    if (file.state === 'processing') {
      const job = readJobOrThrow(file, 'cancel')
      if (job === undefined) return undefined
      // A claimed job that has not begun is handled like a waiting one, if no live worker holds it.
      if (job.runs > 0) {
        writeNote(home, id, job.runs, { why: 'cancel', reason })
        ringHolder(dirname(file.path))
        ring(home)
        return { ending: id, run: job.runs, watched: hasLiveHolder(home, file) }
      }
    }
    const now = nowMs()
    return changeRecord(home, file, {
      doing: 'cancel',
      to: 'dead',
      due: now,
      record: (old) => cancelledRecord(old, reason, now),
      durability,
    })
  })
}
