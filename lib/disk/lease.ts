/**
 * Keeps a worker's lease, `processing/<worker>/lease`, fresh with proper-lockfile: a hint for observers on other
 * machines, which cannot see its FIFO.
 *
 * Nothing on this machine relies on it: it goes by the clock, and two processes that find it stale may both acquire it
 * (measured). Only the rename of a job file excludes other workers.
 */
import { join } from 'node:path'
import { lstat } from './files.ts'

const STALE_MS = 60_000
const UPDATE_MS = 20_000

const leasePath = (dir: string): string => join(dir, 'lease')

/** Keeps the lease in a worker's directory until the process ends or the directory is removed. Never fails. */
export async function keepLease(dir: string): Promise<void> {
  const { lock } = await import('proper-lockfile')
  const onCompromised = (): void => {
    // The directory was taken away; the worker notices at its next rename.
  }
  try {
    await lock(dir, {
      lockfilePath: leasePath(dir),
      realpath: false,
      stale: STALE_MS,
      update: UPDATE_MS,
      onCompromised,
    })
  } catch {
    // Best effort: nothing on this machine depends on it.
  }
}

/** Milliseconds from the last renewal of the lease to `now`; undefined when there is no lease. */
export function leaseAge(dir: string, now: number): number | undefined {
  const renewed = lstat(leasePath(dir))?.mtimeMs
  return renewed === undefined ? undefined : Math.max(0, now - renewed)
}
