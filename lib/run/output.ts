/** What runs have written, as files of bytes: how long they are, and parts of them. Reading only. */
import { readTail } from '../disk/read.ts'
import { closeSync, constants, openSync } from 'node:fs'
import { createNew, listDir, lstat, makeDir, remove, writeNew } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { runPaths, type RunPaths } from './paths.ts'
import { join } from 'node:path'
import type { Job } from '../job/job.ts'
import { parseProgress, type Progress } from '../job/progress.ts'

/** A run that left output. */
export interface RunOutput {
  readonly run: number
  readonly stdout_bytes: number | null
  readonly stderr_bytes: number | null
}

/** All runs of a job that left output, ascending. */
export const outputsOf = (home: Home, id: string): RunOutput[] =>
  runNumbers(home, id).map((run) => {
    const { out, err } = runPaths(home, id, run)
    return { run, stdout_bytes: lstat(out)?.size ?? null, stderr_bytes: lstat(err)?.size ?? null }
  })

/** The output files of a run, as descriptors open for appending. */
export interface OpenOutput {
  readonly out: number
  readonly err: number
}

/**
 * Creates the output files of a run, open for appending. Undefined: run n has been before, so the record that asked
 * for it is older than the disk.
 */
export function createOutput(home: Home, id: string, run: number): OpenOutput | undefined {
  const paths = runPaths(home, id, run)
  makeDir(join(home.logs, id))
  const out = createNew(paths.out)
  if (out === undefined) return undefined
  try {
    const err = createNew(paths.err)
    if (err !== undefined) return { out, err }
  } catch (error) {
    closeSync(out)
    throw error
  }
  closeSync(out)
  return undefined
}

/** The numbers of all runs of a job that left output, ascending. */
export const runNumbers = (home: Home, id: string): number[] =>
  listDir(join(home.logs, id))
    .flatMap((name) => /^(\d+)\.out$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)

/** A run's standard input as a descriptor: the text in a file that has no name any more. */
export function openInput(paths: RunPaths, text: string): number {
  remove(paths.stdin)
  writeNew(paths.stdin, text, false)
  const fd = openSync(paths.stdin, constants.O_RDONLY)
  remove(paths.stdin)
  return fd
}

/** How far a running job says it is. */
export function progressOf(home: Home, job: Job): Progress | undefined {
  if (job.state !== 'processing') return undefined
  const { progress } = runPaths(home, job.id, job.runs)
  // The job may have put anything there: a pipe would keep us waiting.
  if (!lstat(progress)?.isFile()) return undefined
  return parseProgress(readTail(progress, 4096))
}

/** The last line a run wrote to standard error, for the record; at most 300 characters. */
export function lastErrorLine(paths: RunPaths): string | undefined {
  const lines = readTail(paths.err, 4096).split(/\r?\n/)
  const line = lines.findLast((text) => text.trim() !== '')?.trim()
  return line === undefined ? undefined : line.slice(0, 300)
}
