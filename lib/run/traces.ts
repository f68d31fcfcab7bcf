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
import { closeSync, constants, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { randomHex } from '../clock.ts'
import { QueueError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import { parseProgress, type Progress } from '../job/progress.ts'
import {
  createNew,
  cut,
  discard,
  exists,
  linkNew,
  look,
  makeDir,
  move,
  names,
  read,
  readTail,
  remove,
  removeTree,
  writeNew,
} from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { isHeld, type Leader, makeFifos, startIn } from '../disk/fifo.ts'
import { hasRoom } from '../disk/space.ts'

const TRACES = ['fifo', 'mark', 'note', 'stdin', 'progress', 'gap'] as const

/** Why a run is being ended. */
export type Note =
  | { readonly why: 'timeout'; readonly seconds: number }
  | { readonly why: 'cancel'; readonly reason: string }
  | { readonly why: 'give-back' }

export type RunPaths = Readonly<Record<(typeof TRACES)[number] | 'out' | 'err', string>>

export function runPaths(home: Home, id: string, run: number): RunPaths {
  const trace = (kind: string): string => join(home.run, `${id}.${run}.${kind}`)
  return {
    fifo: trace('fifo'),
    mark: trace('mark'),
    note: trace('note'),
    stdin: trace('stdin'),
    progress: trace('progress'),
    gap: trace('gap'),
    out: join(home.logs, id, `${run}.out`),
    err: join(home.logs, id, `${run}.err`),
  }
}

/**
 * Creates the output files of a run, open for appending. Undefined: run n has been before, so the record that asked
 * for it is older than the disk.
 */
export function createOutput(home: Home, id: string, run: number): { out: number; err: number } | undefined {
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
  names(join(home.logs, id))
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

/** How many FIFOs one call of mkfifo(1) makes: it costs a process, whether it makes one or many. */
const BATCH = 64

const poolDir = (home: Home, owner: string): string => join(home.tmp, `${owner}.fifos`)

/** Removes what a worker made ahead and will not use; what several remove at once is left to the sweeper. */
export function discardFifos(home: Home, owner: string): void {
  try {
    removeTree(poolDir(home, owner))
  } catch {
    // Scratch; and no job waits for it.
  }
}

/** FIFOs made ahead for the runs of one worker. */
export class FifoPool {
  readonly #home: Home
  readonly #dir: string
  #ready: string[] = []
  #made = BATCH

  constructor(home: Home, owner: string) {
    this.#home = home
    this.#dir = poolDir(home, owner)
    this.#fill()
  }

  /** Puts a fresh FIFO at `path`. */
  take(path: string): void {
    if (this.#put(path)) return
    // None is left; or they were swept away because they had lain here for long; or run/ itself was removed.
    makeDir(dirname(path))
    this.#fill()
    if (!this.#put(path)) throw new QueueError('FAILED', `cannot make ${path}: its directory is gone`)
  }

  /** Takes a FIFO back for another run; nobody may hold it. Where it cannot be kept, it stays at `path`. */
  giveBack(path: string): void {
    const spare = join(this.#dir, String(this.#made++))
    try {
      // If we die after this: scratch that the sweeper removes.
      if (this.#ready.length < BATCH && move(path, spare)) this.#ready.push(spare)
    } catch {
      // It is removed with the other traces, and a new one is made.
    }
  }

  #put(path: string): boolean {
    const next = this.#ready.pop()
    return next !== undefined && move(next, path)
  }

  #fill(): void {
    // If we die here or later: scratch that the sweeper removes.
    removeTree(this.#dir)
    makeDir(this.#dir)
    const made = Array.from({ length: BATCH }, (_, n) => join(this.#dir, String(n)))
    try {
      makeFifos(made)
    } catch (error) {
      // mkfifo(1) says why only in words; half a batch must not keep the room that others need.
      removeTree(this.#dir)
      if (hasRoom(this.#home)) throw error
      throw new QueueError('DISK_FULL', 'cannot make a FIFO: no space left on the device', undefined, { cause: error })
    }
    this.#ready = made
  }
}

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
  const [mark, exit, more] = completeLines(read(paths.mark))
  const note = readNote(paths)
  return {
    held: held === true,
    leader: mark === undefined ? undefined : leaderIn(mark),
    exit:
      exit !== undefined && more === undefined && /^\d+$/.test(exit)
        ? { code: Number(exit), at: look(paths.mark)?.mtimeMs ?? 0 }
        : undefined,
    note,
    any: held !== undefined || mark !== undefined || exit !== undefined || exists(paths.note),
  }
}

/** A shell that has started runs before tells in its mark when it began this one. */
function leaderIn(mark: string): Leader {
  const since = / since=(\d+(?:\.\d+)?)$/.exec(mark)?.[1]
  const leader = { pid: Number.parseInt(mark, 10), start: startIn(mark) ?? '' }
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
  exists(paths.note) ? parseNote(read(paths.note) ?? '') : undefined

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
  return parseNote(read(path) ?? '') ?? note
}

/** Removes the traces of a settled run; a FIFO that is still held stays, for the next run to find, and the start mark. */
export function removeTraces(paths: RunPaths, held: boolean): void {
  try {
    // If we die here: leftovers of a settled run; the sweeper removes them.
    for (const kind of TRACES)
      if (!(held && (kind === 'fifo' || kind === 'mark')) && exists(paths[kind])) remove(paths[kind])
    if (held) cut(paths.mark, (read(paths.mark)?.indexOf('\n') ?? -1) + 1)
  } catch {
    // The job is settled, whatever becomes of them: as above.
  }
}

/** The earlier runs of a job, before run n, that left traces. */
export const earlierTraces = (home: Home, id: string, n: number): number[] => [
  ...new Set(
    names(home.run)
      .filter((name) => name.startsWith(`${id}.`))
      .flatMap((name) => /^(\d+)\.\w+$/.exec(name.slice(id.length + 1))?.[1] ?? [])
      .map(Number)
      .filter((run) => run < n),
  ),
]

/** How far a running job says it is. */
export function progressOf(home: Home, job: Job): Progress | undefined {
  if (job.state !== 'processing') return undefined
  const { progress } = runPaths(home, job.id, job.runs)
  // The job may have put anything there: a pipe would keep us waiting.
  if (!look(progress)?.isFile()) return undefined
  return parseProgress(readTail(progress, 4096))
}

/** The last line a run wrote to standard error, for the record; at most 300 characters. */
export function lastErrorLine(paths: RunPaths): string | undefined {
  const lines = readTail(paths.err, 4096).split(/\r?\n/)
  const line = lines.findLast((text) => text.trim() !== '')?.trim()
  return line === undefined ? undefined : line.slice(0, 300)
}

/** Has run n of this job been counted while its traces still lie there? Then only its move is missing. */
export const isCounted = (job: Job, traces: Traces): boolean =>
  traces.any && job.history.some((run) => run.run === job.runs)
