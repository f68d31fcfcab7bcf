/** Brings back the jobs that were cancelled because of a job that is retried now. */
import { nowMicros } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { formatName } from '../job/file-name.ts'
import { remove } from '../disk/files.ts'
import type { Durability } from '../disk/sync.ts'
import { cancelledAt, doorPath, hintPath } from '../spool/doors.ts'
import type { Home } from '../spool/layout.ts'
import { findExact } from '../spool/lookup.ts'
import { readJobOrThrow } from '../spool/scan.ts'
import { renameJob } from './reorder.ts'

/**
 * Called once the parent has been moved. A worker that cancels a child at the same time has put its hint there before, or
 * finds the parent alive. Each comes back by one rename; its content follows when it goes on.
 * @returns the ids of those that wait again, and of those that wait for these
 * @throws QueueError FAILED naming the first that could not be brought back; the others were
 */
export async function reviveChildren(home: Home, parent: string, durability: Durability): Promise<string[]> {
  const revived: string[] = []
  let left: { readonly id: string; readonly error: unknown } | undefined
  for (const id of cancelledAt(home, parent)) {
    try {
      const state = await revive(home, parent, id, durability)
      if (state === 'revived') revived.push(id)
      if (state !== 'dead') revived.push(...(await reviveChildren(home, id, durability)))
      // If we die before this: a hint to a job that waits again; the next retry brings back those that wait for it.
      remove(hintPath(home, parent, id))
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

/** @returns `revived`; else `waits` where it does already, or `dead`: for another reason, or it is gone */
async function revive(
  home: Home,
  parent: string,
  id: string,
  durability: Durability,
): Promise<'revived' | 'waits' | 'dead'> {
  const file = findExact(home, id)
  if (file?.state === 'waiting') return 'waits'
  if (file?.state !== 'dead' || readJobOrThrow(file, 'bring back')?.cancelled?.because !== parent) return 'dead'
  const place = { to: 'waiting', dir: doorPath(home, parent), doing: 'bring back' } as const
  const fileName = formatName({ ...file.name, due: nowMicros() })
  return (await renameJob(home, file, { ...place, fileName }, { durability })) ? 'revived' : 'dead'
}
