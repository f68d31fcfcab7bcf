/**
 * Reads files that other programs dropped. They are untrusted: a file may be a directory, a link, a FIFO that never
 * ends, another user's, or still being written.
 */
import { closeSync, readSync, type Stats } from 'node:fs'
import { pathOnDisk } from './files.ts'
import { openOrWhyNot } from './read.ts'

/** The content of an untrusted file, or why it is refused; `wait` when that may be temporary. */
export type UntrustedFile =
  | { readonly bytes: Buffer; readonly stats: Stats }
  | { readonly refused: string; readonly wait?: true }

/**
 * Reads an untrusted file. Never blocks, never follows a link and never reads more than `limit` bytes. Undefined when
 * the file is gone.
 * @throws what the system says when it cannot be read now: it may be good, and stays where it is
 */
export function readUntrusted(path: string, limit: number): UntrustedFile | undefined {
  const file = openOrWhyNot(pathOnDisk(path))
  if (file === undefined) return undefined
  if ('noFile' in file) return { refused: `it ${file.noFile}` }
  const { fd, stats } = file
  try {
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
