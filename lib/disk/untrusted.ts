/**
 * Reading what others put here. Hostile until read: it may be no file at all, a link to elsewhere, a pipe that never
 * ends, another user's, still being written.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { errno } from '../errors.ts'
import { pathOnDisk } from './files.ts'

/** What was read of somebody else's file, or why it cannot be a job. */
export type UntrustedFile =
  | { readonly bytes: Buffer; readonly stats: Stats }
  | { readonly refused: string; readonly wait?: true }

/**
 * Reads a file that anybody may have put there, without ever blocking on it, following it elsewhere or reading more
 * than `limit` bytes. Undefined: it is gone.
 */
export function readUntrusted(path: string, limit: number): UntrustedFile | undefined {
  let fd: number
  try {
    fd = openSync(
      pathOnDisk(path),
      constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY,
    )
  } catch (error) {
    const code = errno(error)
    if (code === 'ENOENT') return undefined
    if (code === 'ELOOP') return { refused: 'it is a symbolic link' }
    if (code === 'EACCES') return { refused: 'its permissions do not let us read it' }
    if (code === 'ENXIO') return { refused: 'it is not a regular file' }
    throw error
  }
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) return { refused: 'it is not a regular file' }
    if (process.getuid && stats.uid !== process.getuid())
      return { refused: `it belongs to another user (uid ${stats.uid})` }
    // A second name for a moment is how some programs rename; one that stays means somebody else can change it.
    if (stats.nlink > 1) return { refused: 'it has a second name (hard link)', wait: true }
    if (stats.size > limit) return { refused: `it is larger than ${limit} bytes` }
    const bytes = Buffer.alloc(stats.size)
    let done = 0
    for (let got = -1; got !== 0 && done < bytes.length; done += got)
      got = readSync(fd, bytes, done, bytes.length - done, done)
    return { bytes: bytes.subarray(0, done), stats }
  } finally {
    closeSync(fd)
  }
}
