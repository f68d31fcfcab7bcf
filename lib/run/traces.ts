/**
 * The files of one run of a job: its output in `logs/<id>/`, and in `run/` the traces by which whoever comes later
 * knows how far it got. They never move, and go after the settling move.
 *
 *   run/<id>.<n>.fifo   held by every process the run started
 *   run/<id>.<n>.mark   its first line is the start mark, written just before the command: the shim's line of
 *                       /proc/pid/stat and, of a resident shell, when this run began; its second line is the exit
 *                       record, the command's exit code. One file, because what costs is to make and to remove it
 *   run/<id>.<n>.note   why we are ending it, on disk before the first signal
 *   run/<id>.<n>.stdin  its standard input, while it is being started
 *   run/<id>.<n>.gap  what was punched out of its output (cap.ts)
 *   run/<id>.<n>.progress  how far it says it is, written by the job itself
 */
import { join } from 'node:path'
import { randomHex } from '../clock.ts'
import type { Job } from '../job/job.ts'
import { truncate, discard, exists, linkNew, lstat, listDir, readText, remove, writeNew } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { isHeld } from '../disk/fifo.ts'
import { type Leader, parseStartTime } from '../disk/process.ts'
import { type RunPaths, runPaths, TRACES } from './paths.ts'

/** Why a run is being ended. */
export type Note =
  | { readonly why: 'timeout'; readonly seconds: number }
  | { readonly why: 'cancel'; readonly reason: string }
  | { readonly why: 'give-back' }

/** What the traces of a run say. */
export interface Traces {
  /** Is any of its processes alive? */
  readonly held: boolean
  /** Its process group and that leader's start time, once it has started. */
  readonly leader: Leader | undefined
  readonly exit: { readonly code: number; readonly at: number } | undefined
  readonly note: Note | undefined
  /** Is there any trace at all? */
  readonly any: boolean
}

export function readTraces(paths: RunPaths): Traces {
  const held = isHeld(paths.fifo)
  const [mark, exit, more] = completeLines(readText(paths.mark))
  const note = readNote(paths)
  return {
    held: held === true,
    leader: mark === undefined ? undefined : leaderIn(mark),
    exit:
      exit !== undefined && more === undefined && /^\d+$/.test(exit)
        ? { code: Number(exit), at: lstat(paths.mark)?.mtimeMs ?? 0 }
        : undefined,
    note,
    any: held !== undefined || mark !== undefined || exit !== undefined || exists(paths.note),
  }
}

/** A shell that has started runs before tells in its mark when it began this one. */
function leaderIn(mark: string): Leader {
  const since = / since=(\d+(?:\.\d+)?)$/.exec(mark)?.[1]
  const leader = { pid: Number.parseInt(mark, 10), start: parseStartTime(mark) ?? '' }
  return since === undefined ? leader : { ...leader, since: Number(since) }
}

/** A line counts only when it is complete: after a power cut it may be empty or torn. */
const completeLines = (text: string | undefined): (string | undefined)[] =>
  (text ?? '')
    .split('\n')
    .slice(0, -1)
    .map((line) => line || undefined)

/** Why a run is being ended, if somebody has said so. */
export const readNote = (paths: RunPaths): Note | undefined =>
  exists(paths.note) ? parseNote(readText(paths.note) ?? '') : undefined

function parseNote(text: string): Note | undefined {
  try {
    const note = JSON.parse(text) as Note | null
    return ['timeout', 'cancel', 'give-back'].includes(note?.why ?? '') ? (note ?? undefined) : undefined
  } catch {
    // Notes are linked into place whole; what does not parse is not ours.
    return undefined
  }
}

/** Puts on disk why a run is about to be ended. The first reason stays; returns the one that holds. */
export function writeNote(home: Home, id: string, run: number, note: Note): Note {
  const { note: path } = runPaths(home, id, run)
  const aside = join(home.tmp, `${id}.${run}.${randomHex(8)}.note`)
  // If we die here: a scratch file; the run goes on.
  writeNew(aside, JSON.stringify(note))
  // If we die after this: whoever watches the run, or adopts it, ends it for the reason given.
  linkNew(aside, path)
  discard(aside)
  return parseNote(readText(path) ?? '') ?? note
}

/** Removes the traces of a settled run; a FIFO that is still held stays, for the next run to find, and the start mark. */
export function removeTraces(paths: RunPaths, held: boolean): void {
  try {
    // If we die here: leftovers of a settled run; the sweeper removes them.
    for (const kind of TRACES)
      if (!(held && (kind === 'fifo' || kind === 'mark')) && exists(paths[kind])) remove(paths[kind])
    if (held) truncate(paths.mark, (readText(paths.mark)?.indexOf('\n') ?? -1) + 1)
  } catch {
    // The job is settled, whatever becomes of them: as above.
  }
}

/** The earlier runs of a job, before run n, that left traces. */
export const earlierTraces = (home: Home, id: string, n: number): number[] => [
  ...new Set(
    listDir(home.run)
      .filter((name) => name.startsWith(`${id}.`))
      .flatMap((name) => /^(\d+)\.\w+$/.exec(name.slice(id.length + 1))?.[1] ?? [])
      .map(Number)
      .filter((run) => run < n),
  ),
]

/** Has run n of this job been counted while its traces still lie there? Then only its move is missing. */
export const isCounted = (job: Job, traces: Traces): boolean =>
  traces.any && job.history.some((run) => run.run === job.runs)
