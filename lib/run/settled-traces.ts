/** Traces of runs that are settled, left by a process that died before it removed them. */
import { join } from 'node:path'
import { eachOf } from '../disk/each.ts'
import { listDir, lstat } from '../disk/files.ts'
import { removeOrQuarantine } from '../spool/corrupt.ts'
import type { Home } from '../spool/layout.ts'
import { jobFiles } from '../spool/scan.ts'
import { lifeOf } from './run-life.ts'
import { runPaths } from './paths.ts'
import { readMark } from './traces.ts'

/** Traces this old (ms) whose job is not held belong to a settled run. */
const TRACE_AGE_MS = 60_000

/** The traces of settled runs as of `now` (ms), but for those that tell the next run of what this one left running. */
export function settledTraces(home: Home, now: number): string[] {
  // Traces first, jobs second: traces only exist while the job is held, so what is not held now is settled.
  const names = listDir(home.run)
  if (names.length === 0) return []
  const held = new Set([1, 2].flatMap(() => [...jobFiles(home, ['processing'])].map((file) => file.name.id)))
  return names.flatMap((name) => {
    const [, id, run] = /^(.+)\.(\d+)\.(?:fifo|mark|note|stdin|progress|gap)$/.exec(name) ?? []
    if (id === undefined || held.has(id)) return []
    const path = join(home.run, name)
    if (now - (lstat(path)?.mtimeMs ?? now) < TRACE_AGE_MS) return []
    return isOver(home, id, Number(run)) ? [path] : []
  })
}

function isOver(home: Home, id: string, run: number): boolean {
  try {
    const paths = runPaths(home, id, run)
    return lifeOf(paths, readMark(paths).mark, true) === 'over'
  } catch {
    // It cannot be told now.
    return false
  }
}

/** Removes them. */
export function sweepTraces(home: Home, now: number): void {
  // If we die here: the rest is swept the next time.
  eachOf(settledTraces(home, now), (path) => sweepTrace(home, path))
}

/** Removes a trace; what is in its place and no trace of ours is quarantined. If we die: it is there or not. */
export function sweepTrace(home: Home, path: string): void {
  removeOrQuarantine(home, path, 'it was in the place of a trace of a run')
}
