/**
 * Takes a person's word that a worker elsewhere is gone: its jobs go to the next worker.
 *
 * Crash: before the mark nothing is changed; after it a worker takes over.
 */
import { scratchPath } from '../disk/scratch.ts'
import { QueueError } from '../errors.ts'
import { holderOf, markForgotten } from '../spool/holders.ts'
import type { Home } from '../spool/layout.ts'
import { unrenewedStamp } from '../spool/silence.ts'
import { ring } from '../spool/wakeup.ts'

/**
 * Forgets a worker, once its lease was not renewed for the time of three renewals while we watched it.
 * @throws QueueError NOT_FOUND; WRONG_STATE when it lives
 */
export async function forgetWorker(home: Home, name: string, signal?: AbortSignal): Promise<void> {
  const lives = (why: string): QueueError =>
    new QueueError('WRONG_STATE', `cannot forget ${name}: ${why}`, 'stop it with: queuectl worker stop')
  const worker = holderOf(home, name)
  if (worker?.kind !== 'worker')
    throw new QueueError('NOT_FOUND', `cannot forget ${name}: no such worker`, 'see all with: queuectl worker list')
  if (worker.life === 'alive') throw lives('it is alive')
  // Its jobs are taken over without a word of ours.
  if (worker.life === 'dead') return
  const stamp = await unrenewedStamp(home, name, signal)
  if (stamp === undefined) {
    if (holderOf(home, name) === undefined) return
    throw lives('it lives, for it has just renewed its lease')
  }
  markForgotten(worker, scratchPath(home.tmp, 'forget', 'new'), stamp)
  ring(home)
}
