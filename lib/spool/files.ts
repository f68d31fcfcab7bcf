/**
 * The mover: the only file that renames, creates or removes anything inside the state directory.
 *
 * It interprets errno so that nobody above has to: "somebody was faster" is a value (false, undefined), a full or
 * exhausted machine is a QueueError whose cause keeps the errno, everything else is thrown as it came.
 * Calls are synchronous (a rename takes 20 us, a promise for it twice that) except where a disk flush is waited for.
 *
 * Crash: every function says what is left when the process dies inside it.
 */
import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { errno, QueueError } from '../errors.ts'

const flush = promisify(fdatasync)

/** The machine is out of something: nobody's fault, no attempt is used, work resumes when there is more. */
export function isExhausted(error: unknown): boolean {
  const code = errno(error) ?? (error instanceof Error ? errno(error.cause) : undefined)
  return code !== undefined && ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'ENOSPC', 'EDQUOT', 'EIO'].includes(code)
}

/** Moves a file or directory in one rename. False: it is not there any more, somebody else was faster. */
export function move(from: string, to: string): boolean {
  try {
    // If we die here: it lies at `from` or at `to`, whole.
    renameSync(from, to)
    return true
  } catch (error) {
    // Also when the target directory is gone: then it was taken away, and must not come back by our hand.
    if (errno(error) !== 'ENOENT') throw error
    return false
  }
}

/** Writes a new file and flushes it to the disk. The name must be free. Any error removes what was written. */
export function writeNew(path: string, text: string, durable = true): void {
  // If we die here: an unfinished file under a name nobody scans; the sweeper removes it.
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
  try {
    writeAll(fd, text)
    if (durable) fsyncSync(fd)
  } catch (error) {
    unlinkSync(path)
    throw error
  } finally {
    closeSync(fd)
  }
}

/** Writes all of it: on a nearly full disk one write may take only a part and report no error. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text)
  let done = 0
  while (done < bytes.length) done += writeSync(fd, bytes, done)
}

/**
 * Replaces the content of a file in a directory of our own: write aside, flush, rename over. False: the file, or the
 * whole directory, has been taken away.
 */
export async function stamp(path: string, text: string): Promise<boolean> {
  const aside = join(dirname(path), `.${basename(path)}.new`)
  let fd: number
  try {
    // If we die here: the old content, and a dotfile that goes with the directory.
    fd = openSync(aside, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600)
  } catch (error) {
    if (errno(error) === 'ENOENT') return false
    throw error
  }
  try {
    writeAll(fd, text)
    // Without the flush a power cut may leave an empty file under the job's name (XFS, measured).
    await flush(fd)
  } finally {
    closeSync(fd)
  }
  if (!existsSync(path)) {
    remove(aside)
    return false
  }
  return move(aside, path)
}

/** Makes a second name for a file; false when the new name is taken. If we die: it has the name or not. */
export function linkNew(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (errno(error) === 'EEXIST') return false
    throw error
  }
}

/** An empty file that must not exist yet, open for appending; undefined when it does. */
export function createNew(path: string): number | undefined {
  try {
    // If we die here: an empty log of a run that never started; its number is not used again.
    return openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND | constants.O_NOFOLLOW,
      0o600,
    )
  } catch (error) {
    if (errno(error) === 'EEXIST') return undefined
    throw error
  }
}

/** Appends in one write, so that lines of many writers never mix. If we die: the line is there or not. */
export function append(path: string, text: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW, 0o600)
  try {
    writeSync(fd, text)
  } finally {
    closeSync(fd)
  }
}

/** Makes a directory; false when it was there. */
export function makeDir(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (errno(error) === 'EEXIST') return false
    throw error
  }
}

/** Flushes a directory: from here on a rename into it survives a power cut. Silent where directories have no flush. */
export function syncDir(path: string): void {
  const fd = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(fd)
  } catch (error) {
    if (errno(error) !== 'EINVAL') throw error
  } finally {
    closeSync(fd)
  }
}

/** Removes a file; false when it was gone. */
export function remove(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (errno(error) === 'ENOENT') return false
    throw error
  }
}

/** Removes a directory if it is empty; false when something lies in it or it is gone. */
export function removeEmptyDir(path: string): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errno(error) ?? '')) return false
    throw error
  }
}

/** Removes a directory of our own scratch and all in it. If we die: part of it is left, under a name nobody scans. */
export const removeTree = (path: string): void => rmSync(path, { recursive: true, force: true })

/** Touches a file, making it when missing. */
export function touch(path: string): void {
  const now = new Date()
  try {
    utimesSync(path, now, now)
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error
    append(path, '')
  }
}

/** What is in a directory; empty when it is not there. */
export function names(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return []
    throw error
  }
}

/** The names in a directory one by one, for directories too large to hold in memory. */
export function* eachName(path: string): Generator<string> {
  let dir: ReturnType<typeof opendirSync>
  try {
    dir = opendirSync(path, { bufferSize: 1024 })
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return
    throw error
  }
  try {
    for (let entry = dir.readSync(); entry; entry = dir.readSync()) yield entry.name
  } finally {
    dir.closeSync()
  }
}

/** A file's text; undefined when it is not there (any more). */
export function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errno(error) ?? '')) return undefined
    throw error
  }
}

/** The last `bytes` of a file as text; empty when there is none. */
export function readTail(path: string, bytes: number): string {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY)
  } catch (error) {
    if (errno(error) === 'ENOENT') return ''
    throw error
  }
  try {
    const { size } = fstatSync(fd)
    const tail = Buffer.alloc(Math.min(size, bytes))
    return tail.toString('utf8', 0, readSync(fd, tail, 0, tail.length, size - tail.length))
  } finally {
    closeSync(fd)
  }
}

/** What a path names, links not followed; undefined when nothing. */
export function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

export const exists = (path: string): boolean => existsSync(path)

/** What was read of somebody else's file, or why it cannot be a job. */
export type Foreign =
  | { readonly bytes: Buffer; readonly stats: Stats }
  | { readonly refused: string; readonly wait?: true }

/**
 * Reads a file that anybody may have put there, without ever blocking on it, following it elsewhere or reading more
 * than `limit` bytes. Undefined: it is gone.
 */
export function readForeign(path: string, limit: number): Foreign | undefined {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY)
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

/** An error of the system as people are told it: what we were doing, on what, why, what to do. */
export function explained(error: unknown, doing: string): unknown {
  const code = errno(error)
  if (error instanceof QueueError || code === undefined) return error
  const why: Record<string, [string, string?]> = {
    EACCES: ['permission denied', 'check who owns the directory and its mode'],
    EPERM: ['not permitted'],
    EROFS: ['the file system is read-only'],
    ENOSPC: ['no space left on the device', 'free some space; nothing was lost'],
    EDQUOT: ['disk quota exceeded', 'free some space; nothing was lost'],
    ENOTDIR: ['something on the way is not a directory'],
    EMFILE: ['too many open files', 'raise the limit with ulimit -n'],
    ENAMETOOLONG: ['the name is too long'],
  }
  const [reason, hint] = why[code] ?? [code]
  const kind =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'DISK_FULL'
      : ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(code)
        ? 'NOT_WRITABLE'
        : 'FAILED'
  return new QueueError(kind, `cannot ${doing}: ${reason}`, hint, { cause: error })
}
