/** Brings back the jobs that were cancelled because of a job that is retried now. */
import { nowMicros } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { holds, openConditions, type ParentState } from '../job/after.ts'
import { formatName } from '../job/file-name.ts'
import type { Durability } from '../disk/sync.ts'
import { cancelledAt, doorPath, dropHint } from '../spool/doors.ts'
import type { Home } from '../spool/layout.ts'
import { findExact } from '../spool/lookup.ts'
import { readJobOrThrow } from '../spool/scan.ts'
import { renameJob } from './reorder.ts'
import { pauseIfHeld } from './take.ts'

/** How often to look for a child that moves. */
const MAX_TRIES = 5

/**
 * Called once the parent has been moved, and by workers for what a command that died in here has left. A worker that cancels a child at the same time has put its hint there before, or
 * finds the parent alive. Each comes back by one rename; its content follows when it goes on.
 * @param is what the parent is by now: if it has ended again, those stay dead for which it still has not ended as it must
 * @returns the ids of those that wait again, and of those that wait for these
 * @throws QueueError FAILED naming the first that could not be brought back; the others were
 */
export async function reviveChildren(
  home: Home,
  parent: string,
  durability: Durability,
  is: ParentState = 'unfinished',
): Promise<string[]> {
  const revived: string[] = []
  let left: { readonly id: string; readonly error: unknown } | undefined
  for (const id of cancelledAt(home, parent)) {
    try {
      const state = await revive(home, { id: parent, is }, id, durability)
      if (state === 'cancelled') continue
      if (state === 'revived') revived.push(id)
      if (state !== 'dead') revived.push(...(await reviveChildren(home, id, durability)))
      // If we die before this: a hint to a job that waits again; whoever finds it brings back those that wait for that.
      dropHint(home, parent, id)
    } catch (error) {
      left ??= { id, error }
    }
  }
  if (left)
    throw new QueueError(
      'FAILED',
      `${parent} was retried, but ${left.id}, which waits for it, is still dead: ${left.error instanceof Error ? left.error.message : String(left.error)}`,
      `then: queuectl retry ${left.id}`,
      { cause: left.error },
    )
  return revived
}

/**
 * @returns `revived`; else `waits` where it does already, `cancelled` where it stays so, or `dead`: for another reason, or it
 * is gone
 */
async function revive(
  home: Home,
  parent: { readonly id: string; readonly is: ParentState },
  id: string,
  durability: Durability,
): Promise<'revived' | 'waits' | 'cancelled' | 'dead'> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const file = findExact(home, id)
    if (file?.state !== 'waiting' && file?.state !== 'dead') return 'dead'
    // Another has it in hand: a worker that is just cancelling it, or a command, by whose stamp it could come back.
    if (await pauseIfHeld(home, file)) continue
    if (file.state === 'waiting') return 'waits'
    const job = readJobOrThrow(file, 'bring back')
    if (job && job.cancelled?.because !== parent.id) return 'dead'
    if (job && openConditions(job).some(({ job: one, when }) => one === parent.id && holds(when, parent.is) === false))
      return 'cancelled'
    const place = { to: 'waiting', dir: doorPath(home, parent.id), doing: 'bring back' } as const
    const fileName = formatName({ ...file.name, due: nowMicros() })
    if (job && (await renameJob(home, file, { ...place, fileName }, { durability }))) return 'revived'
  }
  return 'cancelled'
}
