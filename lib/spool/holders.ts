/**
 * Holders of jobs: a directory in `processing/` for each worker (`worker-…`), for each process that adopts a dead
 * worker's jobs (`rescue-…`), and for each command while it changes a job (`operator-…`).
 *
 * A holder holds the job files in its directory. Removing the directory revokes its lease.
 */
import { closeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { randomHex } from '../clock.ts'
import { isoTime } from '../job/time.ts'
import { VERSION } from '../version.ts'
import {
  exists,
  lstat,
  makeDir,
  move,
  listDir,
  readText,
  remove,
  removeEmptyDir,
  removeScratchDir,
  writeNew,
} from '../disk/files.ts'
import type { Home, HomeDir } from './layout.ts'
import { holdFifo, fifoState, makeFifos } from '../disk/fifo.ts'
import { type Identity, isRunning, ownIdentity } from '../disk/process.ts'
import { quarantine } from './corrupt.ts'

/** What `worker.json` says about a worker. */
export interface WorkerCard extends Identity {
  readonly name: string
  readonly slots: number
  /** The id of the one job it was started for. */
  readonly only?: string
  readonly started_at: string
  readonly log: string
  /** The version of queuectl it was started with; an upgrade does not change it. */
  readonly version?: string
}

export type HolderKind = 'worker' | 'rescue' | 'operator'

export interface Holder {
  readonly name: string
  readonly dir: string
  readonly kind: HolderKind
  readonly card: WorkerCard | undefined
  /** `elsewhere`: on another machine, where we cannot see whether it lives. */
  readonly life: 'alive' | 'dead' | 'elsewhere'
}

/** A directory of our own in `processing/`. It is ours while this process lives and the directory is not removed. */
export interface OwnHolder {
  readonly name: string
  readonly dir: string
  readonly card: WorkerCard
  isThere(): boolean
  /** Removes the directory, or leaves it to recovery if a job is still in it. */
  leave(): void
}

/** Files in a holder's directory that are not jobs. */
const HOLDER_FILES = ['worker.json', 'alive', 'bell']

/**
 * Directory of marks in an operator's directory: one for each job whose file is removed and whose output is not yet.
 */
export const PURGE_MARKS = 'purged'

/** Joins the workers of a home: the directory is completed in `tmp/`, then renamed into place. */
export function joinWorkers(home: Home, slots: number, startedAt: number, only?: string): OwnHolder {
  const name = `worker-${process.pid}-${randomHex(6)}`
  const log = join(home.logs, `${name}.log`)
  const card: WorkerCard = {
    name,
    slots,
    ...(only ? { only } : {}),
    started_at: isoTime(startedAt),
    log,
    version: VERSION,
    ...ownIdentity(),
  }
  const aside = join(home.tmp, name)
  const dir = join(home.processing, name)
  const fd = makeOrRemove(aside, () => {
    // If we die here: scratch, for the sweeper.
    makeDir(aside)
    writeNew(join(aside, 'worker.json'), `${JSON.stringify(card)}\n`, false)
    writeNew(join(aside, 'bell'), '', false)
    makeFifos([join(aside, 'alive')])
    return holdFifo(join(aside, 'alive'))
  })
  // If we die after the move: a dead worker that holds nothing; the next recovery removes it.
  const inode = lstat(aside)?.ino
  move(aside, dir)
  return ownHolder(home, dir, inode, card, fd)
}

/** Makes a directory in `tmp/` completely or, on an error, not at all. */
function makeOrRemove<T>(aside: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    removeScratchDir(aside)
    throw error
  }
}

/** @param inode of the directory, read before the move: after it any process may replace the directory */
function ownHolder(home: Home, dir: string, inode: number | undefined, card: WorkerCard, fd?: number): OwnHolder {
  const name = basename(dir)
  return {
    name,
    dir,
    card,
    isThere: () => lstat(dir)?.ino === inode,
    leave() {
      removeIfEmpty(home, dir)
      if (fd !== undefined) closeSync(fd)
    },
  }
}

/** Removes a holder's directory if no job is left in it; files that do not belong there are quarantined. */
export function removeIfEmpty(home: Home, dir: string): boolean {
  if (heldFileNames(dir).length > 0) return false
  for (const name of listDir(dir)) {
    const path = join(dir, name)
    // `worker.json` goes last: if we die before, recovery still recognises the directory.
    if (name === 'worker.json') continue
    if (name === 'intake' || name === 'lease' || name === PURGE_MARKS || name in home) {
      for (const inner of listDir(path)) if (inner.startsWith('.')) remove(join(path, inner))
      // A job was moved in just now: the next recovery finds it.
      if (!removeEmptyDir(path) && exists(path)) return false
    } else if (HOLDER_FILES.includes(name) || name.startsWith('.')) remove(path)
    else quarantine(home, path, name, 'it was in the directory of a holder that has ended, and is not a job')
  }
  remove(join(dir, 'worker.json'))
  return removeEmptyDir(dir)
}

/** The names of the job files in a holder's directory. */
export const heldFileNames = (dir: string): string[] =>
  listDir(dir).filter((name) => name.endsWith('.json') && !name.startsWith('.') && !HOLDER_FILES.includes(name))

/** All holders, with or without jobs. */
export const holders = (home: Home): Holder[] => listDir(home.processing).flatMap((name) => holderOf(home, name) ?? [])

/** The holder whose directory has this name; undefined when there is none. */
export function holderOf(home: Home, name: string): Holder | undefined {
  const kind = (['worker', 'rescue', 'operator'] as const).find((prefix) => name.startsWith(`${prefix}-`))
  if (kind === undefined) return undefined
  const dir = join(home.processing, name)
  if (!lstat(dir)?.isDirectory()) return undefined
  const card = readCard(dir)
  return { name, dir, kind, card, life: lifeOf(dir, card) }
}

function readCard(dir: string): WorkerCard | undefined {
  try {
    const card = JSON.parse(readText(join(dir, 'worker.json')) ?? '') as Partial<WorkerCard> | null
    return typeof card?.machine === 'string' ? (card as WorkerCard) : undefined
  } catch {
    // Gone meanwhile, or not written by us: the FIFO alone decides.
    return undefined
  }
}

function lifeOf(dir: string, card: WorkerCard | undefined): Holder['life'] {
  if (card !== undefined && card.machine !== ownIdentity().machine) return 'elsewhere'
  const state = fifoState(join(dir, 'alive'))
  if (state !== 'unknown') return state === 'held' ? 'alive' : 'dead'
  if (card === undefined || card.boot !== ownIdentity().boot) return 'dead'
  return isRunning(card) ? 'alive' : 'dead'
}

/**
 * Adopts a dead worker's directory with one rename; undefined when another process was first. While we live, others
 * see a living holder; if we die, it is a dead holder's directory again.
 */
export function adoptHolder(home: Home, dead: Holder): OwnHolder | undefined {
  const name = `rescue-${process.pid}-${randomHex(6)}`
  const dir = join(home.processing, name)
  const card = dead.card ?? { name: dead.name, slots: 0, started_at: '', log: '', ...ownIdentity() }
  const fd = holdAliveFifo(dead.dir)
  if (fd === undefined) return undefined
  // If we die after the move: a dead holder as before, under another name.
  const inode = lstat(dead.dir)?.ino
  if (move(dead.dir, dir)) return ownHolder(home, dir, inode, card, fd)
  closeSync(fd)
  return undefined
}

/**
 * Holds the FIFO in a dead holder's directory, so that others see us as alive; undefined when the directory is gone.
 * Makes a new FIFO if it was removed by hand.
 */
function holdAliveFifo(dir: string): number | undefined {
  const fifo = join(dir, 'alive')
  for (let tries = 1; ; tries++) {
    try {
      if (!exists(fifo)) makeFifos([fifo])
      return holdFifo(fifo)
    } catch (error) {
      if (!exists(dir)) return undefined
      // Another process that adopts it may have made the FIFO just now: then it exists at the second try.
      if (tries === 2) throw error
    }
  }
}

/**
 * Makes a holder for a command. Its jobs are in a directory named after the state they come from: `operator-x/<from>/`.
 */
export function joinOperators(home: Home, ...dirs: readonly [HomeDir, ...(typeof PURGE_MARKS)[]]): OwnHolder {
  const name = `operator-${process.pid}-${randomHex(6)}`
  const card: WorkerCard = { name, slots: 0, started_at: '', log: '', ...ownIdentity() }
  const aside = join(home.tmp, name)
  const dir = join(home.processing, name)
  makeOrRemove(aside, () => {
    // If we die here: scratch, for the sweeper.
    makeDir(aside)
    for (const state of dirs) makeDir(join(aside, state))
    writeNew(join(aside, 'worker.json'), `${JSON.stringify(card)}\n`, false)
  })
  // If we die after the move: a dead operator that holds nothing; the next recovery removes it.
  const inode = lstat(aside)?.ino
  move(aside, dir)
  return ownHolder(home, dir, inode, card)
}

/**
 * Takes a job into a holder of our own for one change; undefined when the job has moved. `done` removes the holder.
 * If we die while we hold the job: recovery puts it back to where it came from.
 */
export function takeAsOperator(
  home: Home,
  from: HomeDir,
  path: string,
  fileName: string,
): { path: string; done(): void } | undefined {
  const holder = joinOperators(home, from)
  const taken = join(holder.dir, from, fileName)
  if (move(path, taken)) return { path: taken, done: () => holder.leave() }
  holder.leave()
  return undefined
}
