/**
 * The mover: the only file that renames, creates or removes files inside the state directory (trees: `trees.ts`).
 *
 * It interprets errno for its callers: losing a race is a value (false or undefined), not an error; all other errors
 * are thrown as they are. Calls are synchronous (a rename takes 20 us, a promise for it twice that) except where a disk
 * flush is awaited.
 *
 * Crash: every function says what is left when the process dies inside it.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  opendirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { nowMs, randomHex } from '../clock.ts'
import { errno, QueueError } from '../errors.ts'
import { withFile } from './read.ts'
import { flushFile } from './sync.ts'

const WRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW
/** Does not wait where a FIFO has been put in the file's place. */
const REWRITE = WRITE | constants.O_NONBLOCK

const isOneOf = (error: unknown, codes: readonly string[]): boolean =>
  codes.includes(errno(error) ?? '') || (error instanceof Error && codes.includes(errno(error.cause) ?? ''))

/** Has the machine run out of disk, memory, processes or descriptors? No attempt is used; work resumes later. */
export const isExhausted = (error: unknown): boolean =>
  isFull(error) || isOneOf(error, ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'EIO'])

/** Is the disk full, for bytes or for inodes, or the user's quota used up? */
export const isFull = (error: unknown): boolean => isOneOf(error, ['ENOSPC', 'EDQUOT', 'DISK_FULL'])

/**
 * Moves a file or directory with one rename. False when it is gone: another process moved it first.
 *
 * A network file system that has lost its reply may answer an error to a rename that it has done, so an error is believed
 * only after a look at the target.
 * @param isOurs tells whether what is at the target is what we moved. By default anything is: most targets are names that
 *   exist nowhere else
 */
export function move(from: string, to: string, isOurs: (to: string) => boolean = isThere): boolean {
  try {
    // If we die here: it is at `from` or at `to`, whole.
    renameSync(pathOnDisk(from), to)
    return true
  } catch (error) {
    if (hasHappened(() => !isThere(from) && isOurs(to))) return true
    // ENOENT also when the target directory is gone. Do not recreate it: removing it revoked our lease.
    if (errno(error) !== 'ENOENT') throw error
    return false
  }
}

/** Makes a move after which others may move the file on at once. Before a failure counts, `isMovedOn` searches for it. */
export function moveOrFind(act: () => boolean, isMovedOn: () => boolean): boolean {
  try {
    return act() || isMovedOn()
  } catch (error) {
    if (isMovedOn()) return true
    throw error
  }
}

const isThere = (path: string): boolean => lstat(path) !== undefined

/** Was an operation done, although it was answered with an error? */
function hasHappened(look: () => boolean): boolean {
  try {
    return look()
  } catch {
    // A failed look tells nothing: the error of the operation itself is reported.
    return false
  }
}

/** Writes a new file and flushes it. The name must be free. Any error removes what was written. */
export function writeNew(path: string, text: string, durable = true, mode = 0o600): void {
  // If we die before this returns: an unfinished file in tmp/, for the sweeper.
  const fd = openSync(path, WRITE | constants.O_EXCL, mode)
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

/** Repeats the write until all is written: on a nearly full disk one write may take a part and report no error. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text)
  let done = 0
  while (done < bytes.length) done += writeSync(fd, bytes, done)
}

/** The new content of a file, written beside it. */
export interface Stamp {
  readonly path: string
  readonly aside: string
  /** Open for writing, to be flushed. */
  readonly fd: number
  readonly text: string
}

/**
 * Replaces the content of a file in a directory of our own: write aside, flush, rename over. False when the file or
 * the whole directory was taken away.
 */
export async function stamp(path: string, text: string, durable = true): Promise<boolean> {
  const begun = beginStamp(path, text)
  if (!begun) return false
  try {
    // Without the flush a power cut may leave an empty file under the job's name (XFS, measured).
    if (durable) await flushFile(begun.fd)
  } catch (error) {
    dropStamp(begun)
    throw error
  }
  return endStamp(begun)
}

/** The first half of {@link stamp}, before the flush: writes aside. Undefined when the directory was taken away. */
export function beginStamp(path: string, text: string): Stamp | undefined {
  let aside = join(dirname(path), `.${basename(path)}.new`)
  let fd: number | undefined
  try {
    // If we die here: the old content, and a dotfile that goes with the directory.
    fd = createNew(aside)
    // A stamp that was cut off left it, or the job put something there.
    if (fd === undefined) fd = createNew((aside = `${aside}.${randomHex(4)}`))
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined
    throw error
  }
  if (fd === undefined) return undefined
  const begun = { path, aside, fd, text }
  try {
    writeAll(fd, text)
  } catch (error) {
    dropStamp(begun)
    throw error
  }
  return begun
}

/** On a full disk the part that was written takes space that other writes need. */
export function dropStamp({ aside, fd }: Stamp): void {
  closeSync(fd)
  remove(aside)
}

/** The second half of {@link stamp}, after the flush: renames the new content over the old one. */
export function endStamp({ path, aside, fd, text }: Stamp): boolean {
  closeSync(fd)
  // What is there instead of a file is not ours: our file is gone.
  if (lstat(path)?.isFile() !== true) {
    remove(aside)
    return false
  }
  return move(aside, path, holds(text))
}

/**
 * Replaces a file in a directory that other processes use: write it at `aside`, a path in `tmp/`, then move it into
 * place. False when the directory of `path` is gone.
 */
export function replaceFile(aside: string, path: string, text: string, durable = true, mode?: number): boolean {
  // If we die before the move: the old content, and scratch in tmp/.
  writeNew(aside, text, durable, mode)
  if (move(aside, path, holds(text))) return true
  remove(aside)
  return false
}

/** Was our new content moved to this path, or is it still the old one? */
const holds =
  (text: string) =>
  (path: string): boolean =>
    readText(path) === text

/**
 * Makes a hard link; false when another file has the name. If we die: the link exists or not.
 *
 * As in {@link move}, the answer "it exists" may be to a link that was made: then the name is this very file's.
 */
export function linkNew(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (hasHappened(() => isSameFile(from, to))) return true
    if (errno(error) === 'EEXIST') return false
    throw error
  }
}

function isSameFile(a: string, b: string): boolean {
  const [one, other] = [lstat(a), lstat(b)]
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev
}

/** Creates an empty file, open for appending; undefined when it exists. */
export function createNew(path: string): number | undefined {
  try {
    // If we die here: an empty log of a run that never started; its number is not used again.
    return openSync(path, WRITE | constants.O_EXCL | constants.O_APPEND, 0o600)
  } catch (error) {
    if (errno(error) === 'EEXIST') return undefined
    throw error
  }
}

/** Truncates a file if it exists. If we die: it has the old or the new length. */
export function truncate(path: string, length = 0): void {
  let fd: number
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error
    return
  }
  try {
    ftruncateSync(fd, length)
  } finally {
    closeSync(fd)
  }
}

/** Appends with one write, so that the lines of several writers never mix. If we die: the line is there or not. */
export function append(path: string, text: string): void {
  const fd = openSync(path, REWRITE | constants.O_APPEND, 0o600)
  try {
    writeSync(fd, text)
  } finally {
    closeSync(fd)
  }
}

/** Makes a directory; false when the name is taken. If we die: it exists or not. */
export function makeDir(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (errno(error) === 'EEXIST') return false
    throw error
  }
}

/** Removes a file; false when it is gone. If we die: it exists or not. */
export function remove(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (errno(error) === 'ENOENT') return false
    throw error
  }
}

/** Removes scratch that has served its purpose; if that fails, it is left to the sweeper. */
export function discard(path: string): void {
  try {
    remove(path)
  } catch {
    // What the scratch was for is done and must not fail because of it.
  }
}

/** Removes a directory if it is empty; false when it is not, or is gone. If we die: it exists or not. */
export function removeEmptyDir(path: string): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errno(error) ?? '')) return false
    throw error
  }
}

/**
 * Renames a directory onto a name that is absent or an empty directory; false when something is in it. If we die: it is
 * there, whole, or not. @throws ENOENT when it, or the parent of the name, is gone
 */
export function moveOntoEmpty(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (hasHappened(() => !isThere(from) && isRealDir(to))) return true
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errno(error) ?? '')) return false
    throw error
  }
}

/** Removes a directory of scratch and all in it. If we die in here: part of it is left, for the sweeper. */
export const removeScratchDir = (path: string): void => rmSync(path, { recursive: true, force: true })

/** Sets a file's times to now; creates it when missing. */
export function touch(path: string): void {
  const now = new Date(nowMs())
  try {
    lutimesSync(path, now, now)
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error
    append(path, '')
  }
}

/** Sets a file's times, in seconds; false when it does not exist. */
export function setTimes(path: string, seconds: number): boolean {
  try {
    lutimesSync(path, seconds, seconds)
    return true
  } catch (error) {
    if (errno(error) === 'ENOENT') return false
    throw error
  }
}

/** The names in a directory; empty when it does not exist. */
export function listDir(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    // A link to nothing or to itself is no directory either.
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errno(error) ?? '')) return []
    throw error
  }
}

/** The names in a directory that may have been replaced by anything; empty when it is not a real directory. */
export const listRealDir = (path: string): string[] => (isRealDir(path) ? listDir(path) : [])

/** Is it a directory that is reached through no link below `root`, which may be one itself? */
export const isOwnDir = (root: string, ...names: readonly string[]): boolean =>
  names.every((_, i) => isRealDir(join(root, ...names.slice(0, i + 1))))

/** The names in such a directory; empty when it is none. */
export const listOwnDir = (root: string, ...names: readonly string[]): string[] =>
  isOwnDir(root, ...names) ? listDir(join(root, ...names)) : []

/** Yields the names in a directory one by one, for directories too large to hold in memory. */
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

/** No file of ours grows beyond this: a record with a long history takes some 100 kB. */
const MAX_BYTES = 67_108_864

/**
 * A file's text; undefined when it does not exist. Does not block on a FIFO and does not read more than MAX_BYTES.
 * @throws QueueError FAILED when it is not a regular file, or is too large to be one of ours.
 */
export function readText(path: string): string | undefined {
  return withFile(pathOnDisk(path), (fd, size) => {
    if (size > MAX_BYTES) throw new QueueError('FAILED', `${path} is larger than ${MAX_BYTES} bytes`)
    return readFileSync(fd, 'utf8')
  })
}

/** The stats of a path, links not followed; undefined when it does not exist, or cannot. */
export function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(pathOnDisk(path), { throwIfNoEntry: false })
  } catch (error) {
    if (['ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(errno(error) ?? '')) return undefined
    throw error
  }
}

/** Is it a directory, and not a link to one? */
export const isRealDir = (path: string): boolean => lstat(path)?.isDirectory() === true

/** The same, from a file that was opened: a network file system may answer `lstat` from its cache. */
export function lstatAnew(path: string): Stats | undefined {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY)
  } catch {
    // Gone, or it cannot be opened: lstat has to do.
    return lstat(path)
  }
  try {
    return fstatSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** The path as bytes if its name is not UTF-8: it was decoded to U+FFFD, so the directory is searched for the name. */
export function pathOnDisk(path: string): string | Buffer {
  if (!path.includes('\uFFFD') || existsSync(path)) return path
  const dir = dirname(path)
  const name = readdirSync(dir, { encoding: 'buffer' }).find((bytes) => bytes.toString() === basename(path))
  return name === undefined ? path : Buffer.concat([Buffer.from(join(dir, '/')), name])
}

export const exists = (path: string): boolean => existsSync(path)
