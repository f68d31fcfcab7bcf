/**
 * Reads files that other programs dropped. They are untrusted: a file may be a directory, a link, a FIFO that never
 * ends, another user's, or still being written.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { errno } from '../errors.ts'
import { pathOnDisk } from './files.ts'

/** The content of an untrusted file, or why it is refused; `wait` when that may be temporary. */
export type UntrustedFile =
  | { readonly bytes: Buffer; readonly stats: Stats }
  | { readonly refused: string; readonly wait?: true }

/**
 * Reads an untrusted file. Never blocks, never follows a link and never reads more than `limit` bytes. Undefined when
 * the file is gone.
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
    // Some programs rename by making a second link for a moment. A link that stays could be used to change the file.
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
