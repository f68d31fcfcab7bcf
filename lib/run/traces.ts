/**
 * The traces of a run: files in `run/` that tell recovery how far it got. They never move, and are removed after the
 * move that settles the job.
 *
 *   run/<id>.<n>.fifo      held open by every process of the run
 *   run/<id>.<n>.mark      first line: the start mark, written just before the command: the shell's /proc/pid/stat and,
 *                          of a resident shell, when this run began; second line: the exit record, the command's exit
 *                          code. One file, because creating and removing files is what costs
 *   run/<id>.<n>.note      why the run is being ended, on disk before the first signal
 *   run/<id>.<n>.stdin     its standard input, while it is being started
 *   run/<id>.<n>.gap       what is punched out of its output (output-cap.ts)
 *   run/<id>.<n>.progress  its progress, written by the job itself
 */
import { join } from 'node:path'
import { randomHex } from '../clock.ts'
import { isHeld } from '../disk/fifo.ts'
import { discard, exists, linkNew, listDir, lstat, readText, remove, truncate, writeNew } from '../disk/files.ts'
import { type Leader, parseStartTime } from '../disk/process.ts'
import type { Job } from '../job/job.ts'
import type { Home } from '../spool/layout.ts'
import { type RunPaths, runPaths, TRACES } from './paths.ts'

/** Why a run is being ended. */
export type Note =
  | { readonly why: 'timeout'; readonly seconds: number }
  | { readonly why: 'cancel'; readonly reason: string }
  | { readonly why: 'give-back' }

/** What the traces of a run say. */
export interface Traces {
  /** Is a process of the run alive? */
  readonly held: boolean
  /** From the start mark: the leader of its process group. */
  readonly leader: Leader | undefined
  /** From the exit record: the command's exit code, and when it ended (ms). */
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

/** A resident shell is older than its run, so it writes into the mark when the run began. */
function leaderIn(mark: string): Leader {
  const since = / since=(\d+(?:\.\d+)?)$/.exec(mark)?.[1]
  const leader = { pid: Number.parseInt(mark, 10), start: parseStartTime(mark) ?? '' }
  return since === undefined ? leader : { ...leader, since: Number(since) }
}

/** The lines that end with a newline: after a power cut the last one may be torn. An empty line is undefined. */
const completeLines = (text: string | undefined): (string | undefined)[] =>
  (text ?? '')
    .split('\n')
    .slice(0, -1)
    .map((line) => line || undefined)

/** Why a run is being ended; undefined when it is not. */
export const readNote = (paths: RunPaths): Note | undefined =>
  exists(paths.note) ? parseNote(readText(paths.note) ?? '') : undefined

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
  const { note: path } = runPaths(home, id, run)
  const aside = join(home.tmp, `${id}.${run}.${randomHex(8)}.note`)
  // If we die here: scratch that the sweeper removes; the run goes on.
  writeNew(aside, JSON.stringify(note))
  // If we die after this: the worker that watches or adopts the run ends it, for the reason on disk.
  linkNew(aside, path)
  discard(aside)
  return parseNote(readText(path) ?? '') ?? note
}

/** Removes the traces of a settled run. While strays hold its FIFO, that stays with the start mark: the next run ends them. */
export function removeTraces(paths: RunPaths, held: boolean): void {
  try {
    // If we die here or below: traces of a settled run, which the sweeper removes.
    for (const kind of TRACES)
      if (!(held && (kind === 'fifo' || kind === 'mark')) && exists(paths[kind])) remove(paths[kind])
    if (held) truncate(paths.mark, (readText(paths.mark)?.indexOf('\n') ?? -1) + 1)
  } catch {
    // The job is settled all the same; the sweeper removes what is left.
  }
}

/** The runs of a job before run n that left traces. */
export const earlierTraces = (home: Home, id: string, n: number): number[] => [
  ...new Set(
    listDir(home.run)
      .filter((name) => name.startsWith(`${id}.`))
      .flatMap((name) => /^(\d+)\.\w+$/.exec(name.slice(id.length + 1))?.[1] ?? [])
      .map(Number)
      .filter((run) => run < n),
  ),
]

/** Is the last run in the record's history while its traces still exist? Then only the settling move is missing. */
export const isCounted = (job: Job, traces: Traces): boolean =>
  traces.any && job.history.some((run) => run.run === job.runs)
