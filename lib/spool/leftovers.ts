/**
 * Leftovers of processes that died: scratch in `tmp/`, traces of settled runs in `run/`. Anybody may sweep at any time.
 */
import { join } from 'node:path'
import { errno } from '../errors.ts'
import { lstat, listDir, remove, removeScratchDir } from '../disk/files.ts'
import { jobFiles } from './scan.ts'
import type { Home } from './layout.ts'
import { isHeld } from '../disk/fifo.ts'
import { isRunning } from '../disk/process.ts'

/** Scratch this old (ms) has no owner left who could still want it. */
const SCRATCH_AGE = 3_600_000
/** Traces this old (ms) whose job is not held belong to a settled run. */
const TRACE_AGE = 60_000

/** Removes leftovers as of `now` (ms). */
export function sweep(home: Home, now: number): void {
  for (const path of scratchOf(home, now)) removeScratch(path)
  for (const path of settledTraces(home, now)) remove(path)
}

function removeScratch(path: string): void {
  try {
    removeScratchDir(path)
  } catch (error) {
    // Somebody is still putting things there (a clock is ahead of theirs): perhaps the next sweep finds it at rest.
    if (errno(error) !== 'ENOTEMPTY') throw error
  }
}

/** A clock that was set ahead makes everything old: what a living process has made ready for itself stays. */
function isInUse(name: string): boolean {
  const owner = /^(?:worker|operator)-(\d+)-/.exec(name)?.[1]
  return owner !== undefined && isRunning({ pid: Number(owner), start: '' })
}

/** What dead processes left in `tmp/`. Only names that we make ourselves; a person's file stays. */
export const scratchOf = (home: Home, now: number): string[] =>
  listDir(home.tmp)
    .filter((name) => /\.(new|note|reserved|fifos|logs)$|^(worker|operator)-/.test(name))
    .filter((name) => !isInUse(name))
    .map((name) => join(home.tmp, name))
    .filter((path) => now - (lstat(path)?.mtimeMs ?? now) > SCRATCH_AGE)

/** The traces of settled runs, but for those that tell the next run of what this one left running. */
export function settledTraces(home: Home, now: number): string[] {
  const found: string[] = []
  // Traces first, holders second: traces only exist while the job is held, so what is not held now is settled.
  const traces = listDir(home.run)
  if (traces.length === 0) return found
  const held = new Set(
    [...jobFiles(home, ['processing']), ...jobFiles(home, ['processing'])].map((seen) => seen.name.id),
  )
  for (const name of traces) {
    const id = /^(.+)\.\d+\.(fifo|mark|note|stdin|progress|gap)$/.exec(name)?.[1]
    if (id === undefined || held.has(id)) continue
    const path = join(home.run, name)
    if (now - (lstat(path)?.mtimeMs ?? now) < TRACE_AGE) continue
    // A FIFO that is still held, and the start mark beside it, tell the next run of what this one left running.
    if (isHeld(path.replace(/\.\w+$/, '.fifo'))) continue
    found.push(path)
  }
  return found
}
