/** Reads what runs have written: output while it grows, the last error line, progress. Changes nothing. */
import { closeSync, fstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isRealDir, listRealDir, lstat } from '../disk/files.ts'
import { openIfThere, readAt, readTail } from '../disk/read.ts'
import type { Job } from '../job/job.ts'
import { parseProgress, type Progress } from '../job/progress.ts'
import type { Home } from '../spool/layout.ts'
import { gapLine, gapsOf, type OutputFile } from './output-cap.ts'
import { type RunPaths, runPaths } from './paths.ts'

const BLOCK = 65_536

/** Where to start reading, one of these; at the beginning without any. */
export interface OutputStart {
  readonly from?: number | undefined
  /** The last lines, this many, of those that exist at the first read. */
  readonly tail?: number | undefined
  /** The last bytes, this many, of those that exist at the first read. */
  readonly lastBytes?: number
}

/** Reads one output file piece by piece; a line stands for the bytes that the size cap has punched out. */
export class OutputReader {
  readonly #paths: RunPaths
  readonly #stream: OutputFile
  readonly #start: OutputStart
  #fd: number | undefined
  #ino = 0
  #at = 0

  constructor(paths: RunPaths, stream: OutputFile, start: OutputStart = {}) {
    this.#paths = paths
    this.#stream = stream
    this.#start = start
    this.#at = start.from ?? 0
  }

  /** The offset of the next byte to read. */
  get at(): number {
    return this.#at
  }

  /** What has been written since the last call, in blocks. */
  *readNew(): Generator<Buffer> {
    if (this.#fd === undefined && !this.#open()) return
    const fd = this.#fd ?? -1
    for (;;) {
      const block = readAt(fd, this.#at, BLOCK)
      if (block.length === 0) return
      // After the block was read: a gap is recorded before it is punched, so zeros read here always have a record.
      const gap = gapsOf(this.#paths.gap)[this.#stream]
      const overlaps = gap?.ino === this.#ino && this.#at < gap.to && this.#at + block.length > gap.from
      if (!overlaps) {
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
    const path = this.#paths[this.#stream]
    if (!isRealDir(dirname(path))) return false
    this.#fd = openIfThere(path)
    if (this.#fd === undefined) return false
    const { size, ino } = fstatSync(this.#fd)
    this.#ino = ino
    const { tail, lastBytes } = this.#start
    if (tail !== undefined) this.#at = startOfTail(this.#fd, size, tail)
    else if (lastBytes !== undefined) this.#at = Math.max(0, size - lastBytes)
    return true
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
}

/** The offset at which the last `lines` lines begin. */
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

/** The size of what one run has written; null when the file is gone. */
export interface RunOutput {
  readonly run: number
  readonly stdout_bytes: number | null
  readonly stderr_bytes: number | null
}

/** All runs of a job that left output, ascending. */
export const listOutputs = (home: Home, id: string): RunOutput[] =>
  runNumbers(home, id).map((run) => {
    const { out, err } = runPaths(home, id, run)
    return { run, stdout_bytes: lstat(out)?.size ?? null, stderr_bytes: lstat(err)?.size ?? null }
  })

/** The numbers of all runs of a job that left output, ascending. */
export const runNumbers = (home: Home, id: string): number[] =>
  listRealDir(join(home.logs, id))
    .flatMap((name) => /^(\d+)\.out$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)

/** The progress that a running job reports. */
export function readProgress(home: Home, job: Job): Progress | undefined {
  if (job.state !== 'processing') return undefined
  const { progress } = runPaths(home, job.id, job.runs)
  try {
    return parseProgress(readTail(progress, 4096))
  } catch {
    // Written by the job: what cannot be read reports no progress.
    return undefined
  }
}

/** The last line a run wrote to standard error, for the record; at most 300 characters. Undefined when it cannot be read. */
export function lastErrorLine(paths: RunPaths): string | undefined {
  let lines: readonly string[]
  try {
    if (!isRealDir(dirname(paths.err))) return undefined
    lines = readTail(paths.err, 4096).split(/\r?\n/)
  } catch {
    // The job may have put anything there, or the disk is ill: it is settled all the same.
    return undefined
  }
  const line = lines.findLast((text) => text.trim() !== '')?.trim()
  return line === undefined ? undefined : line.slice(0, 300)
}
