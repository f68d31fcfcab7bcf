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
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { nowMs } from '../clock.ts'
import { errno, QueueError } from '../errors.ts'
import { flushFile } from './sync.ts'

const isOneOf = (error: unknown, codes: readonly string[]): boolean =>
  codes.includes(errno(error) ?? '') || (error instanceof Error && codes.includes(errno(error.cause) ?? ''))

/** The machine is out of something: nobody's fault, no attempt is used, work resumes when there is more. */
export const isExhausted = (error: unknown): boolean =>
  isFull(error) || isOneOf(error, ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'EIO'])

/** There is no room on the disk, for bytes or for files, or none for this user. */
export const isFull = (error: unknown): boolean => isOneOf(error, ['ENOSPC', 'EDQUOT', 'DISK_FULL'])

/** Moves a file or directory in one rename. False: it is not there any more, somebody else was faster. */
export function move(from: string, to: string): boolean {
  try {
    // If we die here: it lies at `from` or at `to`, whole.
    renameSync(pathOnDisk(from), to)
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
export async function stamp(path: string, text: string, durable = true): Promise<boolean> {
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
    if (durable) await flushFile(fd)
  } catch (error) {
    // On a full disk a part of it has been written, and takes room that others need.
    remove(aside)
    throw error
  } finally {
    closeSync(fd)
  }
  if (!existsSync(path)) {
    remove(aside)
    return false
  }
  return move(aside, path)
}

/**
 * Replaces a file in a directory that other processes use: write aside, then move into place. False: the directory of
 * the target is gone. `aside` is a path in `tmp/`.
 */
export function replaceFile(aside: string, path: string, text: string, durable = true): boolean {
  // If we die before the move: scratch, and the old content.
  writeNew(aside, text, durable)
  if (move(aside, path)) return true
  remove(aside)
  return false
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

/** Shortens a file that is there. If we die: it is as long as it was, or as it is to be. */
export function truncate(path: string, length = 0): void {
  try {
    truncateSync(path, length)
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error
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

/** Removes scratch that has done its work; where that fails it is left to the sweeper. */
export function discard(path: string): void {
  try {
    remove(path)
  } catch {
    // What it was there for has been done, and must not fail for it.
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

/** Removes scratch in tmp/ and all in it. If we die in here: part of it is left, for the sweeper. */
export const removeScratchDir = (path: string): void => rmSync(path, { recursive: true, force: true })

/** Touches a file, making it when missing. */
export function touch(path: string): void {
  const now = new Date(nowMs())
  try {
    utimesSync(path, now, now)
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error
    append(path, '')
  }
}

/** What is in a directory; empty when it is not there. */
export function listDir(path: string): string[] {
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

/** Nothing of ours grows beyond this (a record with a long history has some 100 kB). */
const MAX_BYTES = 67_108_864

/**
 * A file's text; undefined when it is not there (any more). Never waits and never fills the memory.
 * @throws QueueError when it is no regular file, or too large to be one of ours.
 */
export function readText(path: string): string | undefined {
  let fd: number
  try {
    fd = openSync(pathOnDisk(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errno(error) ?? '')) return undefined
    if (errno(error) === 'ENXIO') throw new QueueError('FAILED', `${path} is not a regular file`)
    throw error
  }
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) throw new QueueError('FAILED', `${path} is not a regular file`)
    if (stats.size > MAX_BYTES) throw new QueueError('FAILED', `${path} is larger than ${MAX_BYTES} bytes`)
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}

/** What a path names, links not followed; undefined when nothing. */
export function lstat(path: string): Stats | undefined {
  return lstatSync(pathOnDisk(path), { throwIfNoEntry: false })
}

/** The path as the system knows it: a name that is not UTF-8, of which we only know an approximation, is looked up. */
export function pathOnDisk(path: string): string | Buffer {
  if (!path.includes('\uFFFD') || existsSync(path)) return path
  const dir = dirname(path)
  const name = readdirSync(dir, { encoding: 'buffer' }).find((bytes) => bytes.toString() === basename(path))
  return name === undefined ? path : Buffer.concat([Buffer.from(join(dir, '/')), name])
}

export const exists = (path: string): boolean => existsSync(path)
