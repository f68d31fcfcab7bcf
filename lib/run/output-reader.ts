/**
 * Reading a run's output while it grows: each time, what has come since. What was punched out is passed over with a
 * clear line.
 */
import { closeSync, fstatSync } from 'node:fs'
import { openIfThere, readAt } from '../disk/read.ts'
import { gapLine, gapsOf, type OutputFile } from './output-cap.ts'
import type { RunPaths } from './paths.ts'

const BLOCK = 65_536

export class OutputReader {
  readonly #paths: RunPaths
  readonly #stream: OutputFile
  readonly #tail: number | undefined
  #fd: number | undefined
  #ino = 0
  #at = 0

  /**
   * @param tail begin before the last so many lines that are there at the first look
   * @param from or with this byte
   */
  constructor(paths: RunPaths, stream: OutputFile, tail?: number, from = 0) {
    this.#paths = paths
    this.#stream = stream
    this.#tail = tail
    this.#at = from
  }

  /** The byte that comes next. */
  get at(): number {
    return this.#at
  }

  /** What has been written since the last look, in blocks. */
  *readNew(): Generator<Buffer> {
    if (this.#fd === undefined && !this.#open()) return
    const fd = this.#fd ?? -1
    for (;;) {
      const block = readAt(fd, this.#at, BLOCK)
      if (block.length === 0) return
      // Asked after the block was read: the gap is told before it is made.
      const gap = gapsOf(this.#paths.gap)[this.#stream]
      const isTouched = gap?.ino === this.#ino && this.#at < gap.to && this.#at + block.length > gap.from
      if (!isTouched) {
        this.#at += block.length
        yield block
        continue
      }
      const before = block.subarray(0, Math.max(0, gap.from - this.#at))
      if (before.length > 0) yield before
      yield Buffer.from(gapLine(gap.to - Math.max(gap.from, this.#at)))
      this.#at = gap.to
    }
  }

  #open(): boolean {
    this.#fd = openIfThere(this.#paths[this.#stream])
    if (this.#fd === undefined) return false
    const { size, ino } = fstatSync(this.#fd)
    this.#ino = ino
    if (this.#tail !== undefined) this.#at = startOfTail(this.#fd, size, this.#tail)
    return true
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
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
