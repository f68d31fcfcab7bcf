/**
 * The traces of a run: files in `run/` that tell recovery how far it got. They never move, and are removed after the
 * move that settles the job.
 *
 *   run/<id>.<n>.fifo      held open by every process of the run
 *   run/<id>.<n>.mark      first line: the start mark, written just before the command: the shell's /proc/pid/stat and,
 *                          of a resident shell, when this run began; second line: the exit record, the command's exit
 *                          code. One file, because creating and removing files is what costs
 *   run/<id>.<n>.note      why the run is being ended, on disk before the first signal
 *   run/<id>.<n>.script    its command, where that is run from a file (job/interpreter.ts)
 *   run/<id>.<n>.gap       what is punched out of its output (output-cap.ts)
 *   run/<id>.<n>.progress  its progress, written by the job itself
 */
import { discard, exists, linkNew, listDir, lstat, readText, truncate, writeNew } from '../disk/files.ts'
import { failureKind } from '../disk/errno.ts'
import type { Leader } from '../disk/process.ts'
import type { Job } from '../job/job.ts'
import { removeOrQuarantine } from '../spool/corrupt.ts'
import type { Home } from '../spool/layout.ts'
import { lifeOf, type MarkState, type RunLife } from './run-life.ts'
import { parseMark } from './start-mark.ts'
import { type RunPaths, runPaths, TRACES } from './paths.ts'
import { scratchPath } from '../disk/scratch.ts'

/** Why a run is being ended. */
export type Note =
  | { readonly why: 'timeout'; readonly seconds: number }
  | { readonly why: 'cancel'; readonly reason: string }
  | { readonly why: 'give-back' }

/** What the traces of a run say. */
export interface Traces {
  readonly life: RunLife
  /** `none`: the command has not begun. */
  readonly mark: MarkState
  /** From the start mark: the leader of its process group, where it can be recognised. */
  readonly leader: Leader | undefined
  /** From the exit record: the command's exit code, and when it ended (ms). */
  readonly exit: { readonly code: number; readonly at: number } | undefined
  readonly note: Note | undefined
  /** Is there any trace at all? */
  readonly any: boolean
}

export function readTraces(paths: RunPaths): Traces {
  const before = readMark(paths)
  const life = lifeOf(paths, before.mark, before.exit !== undefined)
  // The shell writes the exit record and then lets go of the FIFO: only what is read after that is complete.
  const { mark, exit } = life === 'alive' ? before : readMark(paths)
  const note = readNote(paths)
  return {
    life,
    mark,
    leader: typeof mark === 'string' ? undefined : mark.leader,
    exit,
    note,
    any: mark !== 'none' || exists(paths.fifo) || exists(paths.note),
  }
}

/** The start mark and the exit record of a run. */
export function readMark(paths: RunPaths): Pick<Traces, 'mark' | 'exit'> {
  let text: string | undefined
  try {
    text = readText(paths.mark)
  } catch (error) {
    if (failureKind(error) === 'machine') throw error
    // The job put something else there, or the disk is ill: that a run has begun is all that is known.
    return { mark: 'unreadable', exit: undefined }
  }
  const [mark, code, more] = completeLines(text)
  return {
    mark: text === undefined || text === '' ? 'none' : mark === undefined ? 'unreadable' : parseMark(mark),
    exit:
      code !== undefined && more === undefined && /^\d+$/.test(code)
        ? { code: Number(code), at: lstat(paths.mark)?.mtimeMs ?? 0 }
        : undefined,
  }
}

/** The lines that end with a newline: after a power cut the last one may be torn. An empty line is undefined. */
const completeLines = (text: string | undefined): (string | undefined)[] =>
  (text ?? '')
    .split('\n')
    .slice(0, -1)
    .map((line) => line || undefined)

/** Why a run is being ended; undefined when it is not. */
export function readNote(paths: RunPaths): Note | undefined {
  try {
    return exists(paths.note) ? parseNote(readText(paths.note) ?? '') : undefined
  } catch (error) {
    if (failureKind(error) !== 'content') throw error
    // The job put something else there: it is no note.
    return undefined
  }
}

function parseNote(text: string): Note | undefined {
  try {
    const note = JSON.parse(text) as Note | null
    return ['timeout', 'cancel', 'give-back'].includes(note?.why ?? '') ? (note ?? undefined) : undefined
  } catch {
    // Notes are linked into place complete: one that does not parse was not written by queuectl.
    return undefined
  }
}

/** Writes why a run is about to be ended. The first reason stays; @returns the one that is on disk. */
export function writeNote(home: Home, id: string, run: number, note: Note): Note {
  const paths = runPaths(home, id, run)
  const aside = scratchPath(home.tmp, `${id}.${run}`, 'note')
  // If we die here: scratch that the sweeper removes; the run goes on.
  writeNew(aside, JSON.stringify(note))
  // If we die after this: the worker that watches or adopts the run ends it, for the reason on disk.
  linkNew(aside, paths.note)
  discard(aside)
  return readNote(paths) ?? note
}

/**
 * Removes the traces of a settled run.
 * @param keepsLife something of the run is, or may be, alive: what tells of it stays, for the next run to find
 * @param pool takes the FIFO back for another run
 */
export function removeTraces(paths: RunPaths, keepsLife: boolean, pool?: { giveBack(path: string): boolean }): void {
  // The FIFO goes last. If we die here or below: a free FIFO, which says that the run is over; the sweeper removes it.
  for (const kind of TRACES) if (kind !== 'fifo' && !(keepsLife && kind === 'mark')) removeTrace(paths, kind)
  if (!keepsLife) {
    if (!pool?.giveBack(paths.fifo)) removeTrace(paths, 'fifo')
    return
  }
  try {
    truncate(paths.mark, (readText(paths.mark)?.indexOf('\n') ?? -1) + 1)
  } catch {
    // No start mark any more; the FIFO tells the same.
  }
}

function removeTrace(paths: RunPaths, kind: (typeof TRACES)[number]): void {
  const path = paths[kind]
  try {
    if (lstat(path)) removeOrQuarantine(paths.home, path, 'it was in the place of a trace of a run')
  } catch {
    // The job is settled all the same; the doctor names what is left.
  }
}

/** The runs that left traces under this id, whatever record they were of, ascending. */
export const tracedRuns = (home: Home, id: string): number[] =>
  [
    ...new Set(
      listDir(home.run)
        .filter((name) => name.startsWith(`${id}.`))
        .flatMap((name) => /^(\d+)\.\w+$/.exec(name.slice(id.length + 1))?.[1] ?? [])
        .map(Number),
    ),
  ].sort((a, b) => a - b)

/** Is, or may, something be alive that a run under this id has started? */
export const mayBeAlive = (home: Home, id: string): boolean =>
  tracedRuns(home, id).some((run) => {
    const paths = runPaths(home, id, run)
    return lifeOf(paths, readMark(paths).mark, true) !== 'over'
  })

/** Is the last run in the record's history while its traces still exist? Then only the settling move is missing. */
export const isCounted = (job: Job, traces: Traces): boolean =>
  traces.any && job.history.some((run) => run.run === job.runs)
