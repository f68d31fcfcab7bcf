/**
 * A worker's lease, for observers on other machines, to whom its FIFO says nothing: `processing/<worker>/lease`, kept
 * fresh by proper-lockfile. On this machine nobody asks it: it goes by the clock, and two processes that meet a stale
 * one may both come to hold it (measured), so it excludes nobody. The rename does.
 */
import { join } from 'node:path'
import { lstat } from './files.ts'

const STALE_MS = 60_000
const UPDATE_MS = 20_000

const leasePath = (dir: string): string => join(dir, 'lease')

/** Keeps the lease in a worker's directory until the process ends or the directory goes. */
export async function keepLease(dir: string): Promise<void> {
  const { lock } = await import('proper-lockfile')
  const onCompromised = (): void => {
    // The directory was taken away; the worker finds that out by itself, at its next rename.
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
    // A hint for other machines that could not be given; here nothing depends on it.
  }
}

/** Milliseconds since the lease was last renewed, as of `now`; undefined when there is none. */
export function leaseAge(dir: string, now: number): number | undefined {
  const renewed = lstat(leasePath(dir))?.mtimeMs
  return renewed === undefined ? undefined : Math.max(0, now - renewed)
}
