/**
 * Reading a file that grows: each time, what has come since.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { errno } from '../errors.ts'

const BLOCK = 65_536

export class Reader {
  readonly #path: string
  readonly #tail: number | undefined
  #fd: number | undefined
  #at = 0

  /** @param tail begin before the last so many lines that are there at the first look */
  constructor(path: string, tail?: number) {
    this.#path = path
    this.#tail = tail
  }

  /** What has been written since the last look, in blocks. */
  *news(): Generator<Buffer> {
    if (this.#fd === undefined && !this.#open()) return
    const fd = this.#fd ?? -1
    for (;;) {
      const block = readAt(fd, this.#at, BLOCK)
      if (block.length === 0) return
      this.#at += block.length
      yield block
    }
  }

  #open(): boolean {
    try {
      this.#fd = openSync(this.#path, 'r')
    } catch (error) {
      if (errno(error) === 'ENOENT') return false
      throw error
    }
    if (this.#tail !== undefined) this.#at = startOfTail(this.#fd, fstatSync(this.#fd).size, this.#tail)
    return true
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
}

function readAt(fd: number, from: number, length: number): Buffer {
  const block = Buffer.alloc(length)
  return block.subarray(0, readSync(fd, block, 0, length, from))
}

/** Where the last `lines` lines begin. */
function startOfTail(fd: number, size: number, lines: number): number {
  if (lines === 0) return size
  let found = 0
  for (let end = size; end > 0; end -= BLOCK) {
    const from = Math.max(0, end - BLOCK)
    const block = readAt(fd, from, end - from)
    for (let i = block.length - 1; i >= 0; i--)
      if (block[i] === 10 && from + i < size - 1 && ++found === lines) return from + i + 1
  }
  return 0
}
