/**
 * Cancelling a job and waiting until it is so. A run that nobody watches (its worker is dead) is ended here: whoever
 * cancels takes the job from the dead holder first.
 */
import { basename, dirname, join } from 'node:path'
import { monotonicMs, sleep } from '../clock.ts'
import { readConfig } from '../config/config.ts'
import { tell } from '../journal/journal.ts'
import type { Job } from '../job/job.ts'
import { cancelJob, readWhole } from './take.ts'
import { exists, move } from '../disk/files.ts'
import { findExact, type Sighting } from '../spool/scan.ts'
import { joinOperators } from '../spool/holders.ts'
import type { Home } from '../spool/layout.ts'
import { findOne, type Meant } from '../query/resolve.ts'
import { resume, settleRun } from '../run/resume.ts'
import { hooksOf, visit } from '../run/visitor-context.ts'

/** How long an ended job may take to be settled before we look again (ms). */
const LOOK_EVERY = 10

/** The dead job; or, after `waitMs`, the job as it is while its run is still ending. @throws as `Queue.cancel`. */
export async function cancelAndWait(home: Home, meant: Meant, reason: string, waitMs: number): Promise<Job> {
  const until = monotonicMs() + waitMs
  const id = typeof meant === 'string' ? findOne(home, meant, 'cancel').name.id : meant.id
  for (let first = true; ; first = false) {
    // Where it was just seen nobody need look for it.
    const one = first && typeof meant !== 'string' ? meant : id
    const result = await cancelJob(home, one, reason, { durability: readConfig(home).durability })
    if (!('ending' in result)) {
      tell(home, [{ event: 'cancelled', job: id, error: reason }])
      const hooks = hooksOf(home)
      hooks.settled('cancelled', result)
      await hooks.finish()
      return result
    }
    if (!result.watched) await endUnwatched(home, id)
    let seen: Sighting | undefined
    for (;;) {
      // All states are searched only when it has moved.
      if (!seen || !exists(seen.path)) seen = findExact(home, id)
      const job = seen && readWhole(seen, 'cancel')
      if (job?.state === 'dead' || job?.state === 'completed') return job
      if (job && monotonicMs() >= until) return job
      // It got away before the note was seen (its run had just ended, or had not begun): cancel what it is now.
      if (job && (job.state !== 'processing' || job.runs !== result.run)) break
      await sleep(LOOK_EVERY)
    }
  }
}

/** The job, when it may be cancelled. @throws as `Queue.cancel`. */
export async function mayCancel(home: Home, meant: Meant): Promise<Job> {
  const seen = await cancelJob(home, meant, '', { dryRun: true })
  return seen as Job
}

/** Takes a job from its dead holder, ends its run and settles it. Nothing, when somebody else takes care of it. */
async function endUnwatched(home: Home, id: string): Promise<void> {
  const seen = findExact(home, id)
  if (seen?.state !== 'processing') return
  const holder = joinOperators(home, 'processing')
  const ours = join(holder.dir, 'processing', basename(seen.path))
  // If we die after this: a worker finds it with a dead operator and reads how far it got.
  if (!move(seen.path, ours)) return holder.leave()
  const hooks = hooksOf(home)
  const site = visit(home, holder, hooks)
  const run = await resume(site, dirname(ours), basename(ours), 0, (path) => path)
  if (run) {
    const end = await run.ended
    if (end.kind !== 'not_begun' && end.kind !== 'taken_away') await settleRun(site, run, end)
  }
  holder.leave()
  await hooks.finish()
}
