/**
 * Reads parts of files that other processes write to or remove meanwhile.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { errno } from '../errors.ts'

const BLOCK = 65_536

/** Opens a file for reading; undefined when it does not exist. Does not wait for the writer of a FIFO. */
export function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errno(error) ?? '')) return undefined
    throw error
  }
}

/** Opens a file, calls `use` with its descriptor and size in bytes, and closes it; undefined when it does not exist. */
export function withFile<T>(path: string, use: (fd: number, size: number) => T): T | undefined {
  const fd = openIfThere(path)
  if (fd === undefined) return undefined
  try {
    return use(fd, fstatSync(fd).size)
  } finally {
    closeSync(fd)
  }
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
