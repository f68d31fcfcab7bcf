/**
 * Tells by FIFOs whether processes are alive: the kernel knows, no clock is involved.
 *
 * A FIFO is held (its write end is open) while any process that inherited it lives, and free at the instant the last
 * one ends: immune to SIGSTOP, pid reuse, clock jumps and stalls. Where there is no FIFO, a process is known by its pid
 * and start time (`process.ts`).
 */
import { spawnSync } from 'node:child_process'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import { errno, QueueError } from '../errors.ts'

/** Makes FIFOs with one call of mkfifo(1): many cost as much as one. Names must be free. If we die: some exist. */
export function makeFifos(paths: readonly string[]): void {
  const made = spawnSync('mkfifo', ['-m', '600', '--', ...paths], { stdio: ['ignore', 'ignore', 'pipe'] })
  if (made.error && errno(made.error) === 'ENOENT')
    throw new QueueError(
      'FAILED',
      'cannot make a FIFO: there is no mkfifo in PATH',
      'install coreutils, or add the directory of mkfifo (usually /usr/bin) to PATH',
    )
  if (made.error) throw made.error
  if (made.status !== 0) throw new QueueError('FAILED', `cannot make a FIFO: ${made.stderr.toString().trim()}`)
}

/** Opens a FIFO at once. @throws ENOENT; QueueError FAILED when something else is there */
function openFifo(path: string, flags: number): number {
  const fd = openSync(path, flags | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY)
  if (fstatSync(fd).isFIFO()) return fd
  closeSync(fd)
  throw new QueueError('FAILED', `${path} is not a FIFO`)
}

/** Holds a FIFO until the descriptor is closed or this process ends. @throws as `openFifo` */
export const holdFifo = (path: string): number => openFifo(path, constants.O_RDWR)

/** Opens the read end of a FIFO, which does not hold it. @throws as `openFifo` */
export const openReadEnd = (path: string): number => openFifo(path, constants.O_RDONLY)

/** Opens the read end of a FIFO; undefined when there is no FIFO of this name, or what is there cannot be opened. */
export function openReadEndIfThere(path: string): number | undefined {
  try {
    return openReadEnd(path)
  } catch (error) {
    if (isOutOfResources(error)) throw error
    return undefined
  }
}

/** Opens the write end for a child to inherit. @throws ENXIO when no process has the read end open */
export const openWriteEnd = (path: string): number => openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)

/** Does any process hold the FIFO with this read end? Discards what was written into it. */
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
 * Calls `released`, perhaps twice, when no process holds the FIFO with this read end any more. Destroying the result
 * stops that.
 */
export function onReleased(fd: number, released: () => void): Socket {
  const socket = new Socket({ fd, readable: true, writable: false })
  socket.on('end', released).on('error', released)
  // Nothing is ever written, but only a reader gets the end-of-file event.
  socket.resume()
  // If the last holder ended before we listened, the kernel sends no event.
  if (!isHeldAt(fd)) setImmediate(released)
  return socket
}

/** Identifies a file independently of its names, which differ between mounts; a removed file has none. */
export interface FileId {
  readonly dev: number
  readonly ino: number
}

/** `held` and `free` are what the kernel reports about a FIFO; `unknown` when it reports neither. */
export type FifoState = 'held' | 'free' | 'unknown'

/**
 * Does any process hold this FIFO? `unknown` when the name is gone, cannot be opened, or is another file by now.
 * @param ino the inode it must have; default: any FIFO of this name counts
 * @throws when this process is out of descriptors or memory: try again later
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
