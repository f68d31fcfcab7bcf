/** Opens the files that a starting run writes its output to and reads its standard input from. */
import { closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'
import { createNew, remove, writeNew } from '../disk/files.ts'
import { makeRealDir } from '../spool/corrupt.ts'
import type { Home } from '../spool/layout.ts'
import { type RunPaths, runPaths } from './paths.ts'

/** The output files of a run, as descriptors open for appending. */
export interface OpenOutput {
  readonly out: number
  readonly err: number
}

/**
 * Creates the output files of a run.
 * @returns undefined when they exist: this run has been before, so the record that asks for it is out of date
 */
export function createOutput(home: Home, id: string, run: number): OpenOutput | undefined {
  makeRealDir(home, join(home.logs, id))
  return createFiles(runPaths(home, id, run))
}

/** The same, in a directory that is there. */
export function createFiles(paths: RunPaths): OpenOutput | undefined {
  // If we die after this: the number counts as used, and the next run takes another one.
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

/** Writes the command of a run that is run from a file. */
export function writeScript(paths: RunPaths, text: string): void {
  // If we die here or below: a trace of a run that did not start; recovery removes it.
  remove(paths.script)
  writeNew(paths.script, text.endsWith('\n') ? text : `${text}\n`, false)
}

/** Opens a run's standard input: a file with the text, already unlinked. */
export function openInput(paths: RunPaths, text: string): number {
  // If we die here or below: scratch that the sweeper removes.
  remove(paths.stdin)
  writeNew(paths.stdin, text, false)
  const fd = openSync(paths.stdin, constants.O_RDONLY)
  remove(paths.stdin)
  return fd
}
