/**
 * Reads parts of files that other processes write to or remove meanwhile.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { errno, QueueError } from '../errors.ts'

const BLOCK = 65_536

interface OpenFile {
  readonly fd: number
  readonly stats: Stats
}

/** What a path leads to that is no regular file, as the end of a sentence. */
interface NoFile {
  readonly noFile: string
}

/**
 * Opens a regular file for reading, or says what is there instead; undefined when it does not exist. Never waits and
 * follows no symbolic link, because a job may have put anything in place of a file of ours.
 */
export function openOrWhyNot(path: string | Buffer): OpenFile | NoFile | undefined {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY)
  } catch (error) {
    const code = errno(error) ?? ''
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === 'ELOOP') return { noFile: 'is a symbolic link' }
    if (code === 'ENXIO' || code === 'ENODEV') return NOT_REGULAR
    throw error
  }
  try {
    const stats = fstatSync(fd)
    if (stats.isFile()) return { fd, stats }
  } catch (error) {
    closeSync(fd)
    throw error
  }
  closeSync(fd)
  return NOT_REGULAR
}

const NOT_REGULAR: NoFile = { noFile: 'is not a regular file' }

/** The same. @throws QueueError FAILED when something else is there */
function openRegular(path: string | Buffer): OpenFile | undefined {
  const file = openOrWhyNot(path)
  if (file && 'noFile' in file) throw new QueueError('FAILED', `${String(path)} ${file.noFile}`)
  return file
}

/** The same, as a bare descriptor. */
export const openIfThere = (path: string): number | undefined => openRegular(path)?.fd

/** Opens a file, calls `use` with its descriptor and size in bytes, and closes it; undefined when it does not exist. */
export function withFile<T>(path: string | Buffer, use: (fd: number, size: number) => T): T | undefined {
  const file = openRegular(path)
  if (!file) return undefined
  try {
    return use(file.fd, file.stats.size)
  } catch (error) {
    throw naming(path, error)
  } finally {
    closeSync(file.fd)
  }
}

/** Adds the path to the error of a read: the system does not say of which file it is. */
function naming(path: string | Buffer, error: unknown): unknown {
  if (error instanceof Error && errno(error) !== undefined && !(error instanceof QueueError) && !('path' in error)) {
    error.message += ` '${String(path)}'`
    Object.assign(error, { path: String(path) })
  }
  return error
}

/** Up to `length` bytes from an offset; fewer where the file ends. */
export function readAt(fd: number, from: number, length: number): Buffer<ArrayBuffer> {
  const block = Buffer.alloc(length)
  return block.subarray(0, readSync(fd, block, 0, length, from))
}

/** Yields the bytes of a file from `from` to `to` in blocks; fewer when it is shorter by now, or gone. */
export function* readBlocks(path: string, from: number, to: number): Generator<Buffer<ArrayBuffer>> {
  const fd = openIfThere(path)
  if (fd === undefined) return
  try {
    for (let at = from; at < to; ) {
      const block = readAt(fd, at, Math.min(BLOCK, to - at))
      if (block.length === 0) return
      at += block.length
      yield block
    }
  } finally {
    closeSync(fd)
  }
}

/** Yields the lines of a file before offset `end`, last one first, each with the offset of its first byte. */
export function* linesBackwards(
  path: string,
  end = Number.POSITIVE_INFINITY,
): Generator<{ readonly line: string; readonly offset: number }> {
  const fd = openIfThere(path)
  if (fd === undefined) return
  try {
    let at = Math.min(end, fstatSync(fd).size)
    let rest: Buffer = Buffer.alloc(0)
    while (at > 0) {
      const from = Math.max(0, at - BLOCK)
      rest = Buffer.concat([readAt(fd, from, at - from), rest])
      at = from
      for (let last = rest.lastIndexOf(0x0a, -2); last >= 0; last = rest.lastIndexOf(0x0a, -2)) {
        const line = rest.toString('utf8', last + 1).trimEnd()
        rest = rest.subarray(0, last + 1)
        if (line !== '') yield { line, offset: at + last + 1 }
      }
    }
    const line = rest.toString('utf8').trimEnd()
    if (line !== '') yield { line, offset: 0 }
  } finally {
    closeSync(fd)
  }
}

/** The last `bytes` of a file as text; empty when it does not exist. */
export const readTail = (path: string, bytes: number): string =>
  withFile(path, (fd, size) => readAt(fd, Math.max(0, size - bytes), Math.min(size, bytes)).toString('utf8')) ?? ''

const small = Buffer.alloc(16_384)

/** The text of a regular file of at most 16 KiB, with one read; undefined when it is none, is larger or is gone. */
export function readSmall(path: string): string | undefined {
  const file = openOrWhyNot(path)
  if (!file || 'noFile' in file) return undefined
  try {
    const length = readSync(file.fd, small, 0, small.length, 0)
    return length < small.length ? small.toString('utf8', 0, length) : undefined
  } finally {
    closeSync(file.fd)
  }
}
