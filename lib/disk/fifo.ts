/**
 * Dead or alive, told by the kernel and never by a clock.
 *
 * A FIFO is held (its write end is open) as long as any process that inherited it lives, and free at the instant the
 * last one ends: immune to SIGSTOP, pid reuse, clock jumps and stalls. Where there is no FIFO, a process is known by
 * its pid and start time.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import { errno, QueueError } from '../errors.ts'

/** Makes FIFOs in one call of mkfifo(1), which costs as much as making one. Their names must be free. */
export function makeFifos(paths: readonly string[]): void {
  const made = spawnSync('mkfifo', ['-m', '600', '--', ...paths], { stdio: ['ignore', 'ignore', 'pipe'] })
  if (made.error) throw made.error
  if (made.status !== 0) throw new QueueError('FAILED', `cannot make a FIFO: ${made.stderr.toString().trim()}`)
}

/** Holds a FIFO until the descriptor is closed or this process ends. */
export const holdFifo = (path: string): number => openSync(path, constants.O_RDWR | constants.O_NONBLOCK)

/** A FIFO's read end, which holds nothing. */
export const openReadEnd = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)

/** The same; undefined when there is no such FIFO (any more). */
export function openReadEndIfThere(path: string): number | undefined {
  try {
    return openReadEnd(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errno(error) ?? '')) return undefined
    throw error
  }
}

/** The write end for a child to inherit; somebody must be listening. */
export const openWriteEnd = (path: string): number => openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)

/** Does any process hold the FIFO whose read end this is? What was written into it is thrown away. */
export function isHeldAt(fd: number): boolean {
  const buffer = Buffer.alloc(64)
  try {
    while (readSync(fd, buffer) > 0);
    return false
  } catch (error) {
    if (errno(error) === 'EAGAIN') return true
    throw error
  }
}

/**
 * Calls `ended`, perhaps twice, once nobody holds the FIFO whose read end this is; the result stops that. Also when the
 * last one was gone before we listened: of that the kernel tells nobody.
 */
export function onReleased(fd: number, ended: () => void): Socket {
  const socket = new Socket({ fd, readable: true, writable: false })
  socket.on('end', ended).on('error', ended)
  // Nothing is ever written; reading is what makes the end heard.
  socket.resume()
  if (!isHeldAt(fd)) setImmediate(ended)
  return socket
}

/** A file, whatever its names are: they differ between mounts, and a removed file has none. */
export interface FileId {
  readonly dev: number
  readonly ino: number
}

/** What can be told of a FIFO. `held` and `free` are facts told by the kernel; `unknown` is the lack of one. */
export type FifoState = 'held' | 'free' | 'unknown'

/**
 * Does a process hold this FIFO? A name that is gone, cannot be opened, or is another file by now, tells nothing.
 * @param ino the inode it must have; left out, any FIFO of this name counts
 * @throws when this process is out of descriptors or memory: then it must look again
 */
export function fifoState(path: string, ino?: number): FifoState {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY)
  } catch (error) {
    if (isOutOfResources(error)) throw error
    return 'unknown'
  }
  try {
    const stats = fstatSync(fd)
    if (!stats.isFIFO() || (ino !== undefined && stats.ino !== ino)) return 'unknown'
    return isHeldAt(fd) ? 'held' : 'free'
  } finally {
    closeSync(fd)
  }
}

const isOutOfResources = (error: unknown): boolean =>
  ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'].includes(errno(error) ?? '')
