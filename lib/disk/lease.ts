/**
 * A worker's lease, for observers that cannot see its FIFO, and its renewals, which show that it answers.
 *
 *   processing/<worker>/lease    kept by proper-lockfile, for programs that know it. It goes by the wall clock, and two
 *                                processes that find it stale may both acquire it (measured): it excludes no process
 *   processing/<worker>/renewed  touched at each renewal. Its mtime is no time of day but the monotonic clock of the
 *                                boot that the card names; its ctime is the kernel's own stamp
 */
import { join } from 'node:path'
import { bootedAt, monotonicMs } from '../clock.ts'
import { append, lstat, lstatAnew, setTimes } from './files.ts'

const STALE_MS = 60_000
const UPDATE_MS = 20_000

/** How often a lease is renewed (ms): on a file system of this kernel's own, and on any other. */
export const RENEW_MS = { local: 2000, other: UPDATE_MS }

const leasePath = (dir: string): string => join(dir, 'lease')
const renewedPath = (dir: string): string => join(dir, 'renewed')

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

/** Writes the first renewal, into a directory that is being made. */
export function beginRenewals(dir: string): void {
  append(renewedPath(dir), '')
  renew(dir)
}

/** Renews the lease. False: the directory is gone. */
export const renew = (dir: string): boolean => setTimes(renewedPath(dir), monotonicMs() / 1000)

/** The last renewal of a holder, as it is on the disk. */
export interface Renewal {
  /** Changes with each renewal. */
  readonly stamp: string
  /** When, as the kernel that keeps the files stamped it (ms since the epoch). */
  readonly at: number
  /** When, by the monotonic clock of the holder's boot (ms); undefined from an older version. */
  readonly monotonic: number | undefined
}

/** Reads the last renewal. @param more files or directories whose change shows life, too */
export function readRenewal(dir: string, more: readonly string[] = []): Renewal {
  const renewed = lstatAnew(renewedPath(dir))
  const all = [renewed, ...[leasePath(dir), join(dir, 'worker.json'), ...more].map(lstatAnew)]
  return {
    stamp: all.map((one) => `${one?.ino} ${one?.ctimeMs} ${one?.mtimeMs}`).join(),
    at: Math.max(0, ...all.map((one) => one?.ctimeMs ?? 0)),
    monotonic: renewed?.mtimeMs,
  }
}

/** Was a holder whose files this kernel keeps last alive before this boot? */
export const isOlderThanBoot = ({ at }: Renewal): boolean => at < bootedAt()

/** Milliseconds from the last renewal to `now`; undefined when there is no lease. */
export function leaseAge(dir: string, now: number): number | undefined {
  const last = Math.max(lstat(leasePath(dir))?.mtimeMs ?? 0, lstat(renewedPath(dir))?.ctimeMs ?? 0)
  return last === 0 ? undefined : Math.max(0, now - last)
}
