/**
 * Cancelling a job and waiting until it is so. A run that nobody watches (its worker is dead) is ended here: whoever
 * cancels takes the job from the dead holder first.
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

/** How long an ended job may take to be settled before we look again (ms). */
const LOOK_EVERY = 10

/** The dead job; or, after `waitMs`, the job as it is while its run is still ending. @throws as `Queue.cancel`. */
export async function cancelAndWait(home: Home, target: JobRefOrId, reason: string, waitMs: number): Promise<Job> {
  const until = monotonicMs() + waitMs
  const id = typeof target === 'string' ? resolveJob(home, target, 'cancel').name.id : target.id
  for (let first = true; ; first = false) {
    // Where it was just seen nobody need look for it.
    const one = first && typeof target !== 'string' ? target : id
    const result = await cancelJob(home, one, reason, { durability: readConfig(home).durability })
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
      // All states are searched only when it has moved.
      if (!file || !exists(file.path)) file = findExact(home, id)
      const job = file && readJobOrThrow(file, 'cancel')
      if (job && isOver(job.state)) return job
      if (job && monotonicMs() >= until) return job
      // It got away before the note was seen (its run had just ended, or had not begun): cancel what it is now.
      if (job && (job.state !== 'processing' || job.runs !== result.run)) break
      await sleep(LOOK_EVERY)
    }
  }
}

/** The job, when it may be cancelled. @throws as `Queue.cancel`. */
export async function checkCancel(home: Home, target: JobRefOrId): Promise<Job> {
  const file = await cancelJob(home, target, '', { dryRun: true })
  return file as Job
}

/** Takes a job from its dead holder, ends its run and settles it. Nothing, when somebody else takes care of it. */
async function endUnwatched(home: Home, id: string): Promise<void> {
  const file = findExact(home, id)
  if (file?.state !== 'processing') return
  const holder = joinOperators(home, 'processing')
  const ours = join(holder.dir, 'processing', basename(file.path))
  // If we die after this: a worker finds it with a dead operator and reads how far it got.
  if (!move(file.path, ours)) return holder.leave()
  const hooks = operatorHooks(home)
  const ctx = operatorContext(home, holder, hooks)
  const run = await resume(ctx, dirname(ours), basename(ours), { slot: 0, adopt: (path) => path })
  if (run) {
    const end = await run.ended
    if (end.kind !== 'not_begun' && end.kind !== 'taken_away') await settleRun(ctx, run, end)
  }
  holder.leave()
  await hooks.finish()
}

/** What became of a cancelled job: it is dead, or its run has been told to end. */
export type CancelResult = Job | { readonly ending: string; readonly run: number; readonly watched: boolean }

/**
 * Cancels a job in any state but a final one. A running one is asked to end: by a note that its worker acts upon.
 * @returns the dead job, or `ending` when its run has been told to end
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
      // Claimed and not begun: it will be soon; and what nobody alive holds is ours to take.
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
