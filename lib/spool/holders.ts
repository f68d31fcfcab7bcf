/**
 * Who holds jobs: a directory in `processing/` for each worker (`worker-…`), for whoever takes a dead worker's jobs
 * over (`rescue-…`), and for an operator's command in the moment it changes a job (`operator-…`).
 *
 * What lies in the directory is what its owner holds; taking the directory away takes the lease away.
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

/** What a worker says of itself in `worker.json`. */
export interface WorkerCard extends Identity {
  readonly name: string
  readonly slots: number
  /** The one job it is there for. */
  readonly only?: string
  readonly started_at: string
  readonly log: string
  /** Of queuectl; a worker goes on with the one it was started as. */
  readonly version?: string
}

export type HolderKind = 'worker' | 'rescue' | 'operator'

export interface Holder {
  readonly name: string
  readonly dir: string
  readonly kind: HolderKind
  readonly card: WorkerCard | undefined
  /** `elsewhere`: it belongs to another machine, of which we cannot know. */
  readonly life: 'alive' | 'dead' | 'elsewhere'
}

/** A directory of our own in `processing/`, ours as long as this process lives and nobody takes it away. */
export interface OwnHolder {
  readonly name: string
  readonly dir: string
  readonly card: WorkerCard
  isThere(): boolean
  /** Gives the directory up; what still lies in it is found by others. */
  leave(): void
}

/** Files in a holder's directory that are not jobs. */
const HOLDER_FILES = ['worker.json', 'alive', 'bell']

/** In an operator's directory: marks of the jobs whose files it has removed, and whose output it is about to. */
export const PURGE_MARKS = 'purged'

/** Joins the workers of a home: the directory is made complete aside, then renamed into place. */
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
    // If we die here: scratch that the sweeper removes.
    makeDir(aside)
    writeNew(join(aside, 'worker.json'), `${JSON.stringify(card)}\n`, false)
    writeNew(join(aside, 'bell'), '', false)
    makeFifos([join(aside, 'alive')])
    return holdFifo(join(aside, 'alive'))
  })
  // If we die after this: a dead worker that holds nothing; the next one to look removes it.
  const inode = lstat(aside)?.ino
  move(aside, dir)
  return ownHolder(home, dir, inode, card, fd)
}

/** Makes a directory aside, all of it or, when there is no room, nothing. */
function makeOrRemove<T>(aside: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    removeScratchDir(aside)
    throw error
  }
}

/** @param inode of the directory, from before it came into view: from then on anybody may replace it */
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

/** Removes a holder's directory when no job is left in it; what does not belong there is set aside. */
export function removeIfEmpty(home: Home, dir: string): boolean {
  if (heldFileNames(dir).length > 0) return false
  for (const name of listDir(dir)) {
    const path = join(dir, name)
    // `worker.json` goes last, so that a half-emptied directory is still known.
    if (name === 'worker.json') continue
    if (name === 'intake' || name === 'lease' || name === PURGE_MARKS || name in home) {
      for (const inner of listDir(path)) if (inner.startsWith('.')) remove(join(path, inner))
      // Somebody has put a job there in this moment: it is found by whoever looks next.
      if (!removeEmptyDir(path) && exists(path)) return false
    } else if (HOLDER_FILES.includes(name) || name.startsWith('.')) remove(path)
    else quarantine(home, path, name, 'it lay in the directory of a holder that is gone, and is no job')
  }
  remove(join(dir, 'worker.json'))
  return removeEmptyDir(dir)
}

/** The names of the job files in a holder's directory. */
export const heldFileNames = (dir: string): string[] =>
  listDir(dir).filter((name) => name.endsWith('.json') && !name.startsWith('.') && !HOLDER_FILES.includes(name))

/** Everybody who holds, or could hold, jobs. */
export const holders = (home: Home): Holder[] => listDir(home.processing).flatMap((name) => holderOf(home, name) ?? [])

/** The holder whose directory has this name; undefined when it is no holder's. */
export function holderOf(home: Home, name: string): Holder | undefined {
  const kind = (['worker', 'rescue', 'operator'] as const).find((word) => name.startsWith(`${word}-`))
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
    // Gone since, or not written by us: then the FIFO alone tells.
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
 * Takes a dead worker's directory over in one rename; undefined: somebody was faster. While we live, others see it
 * as held; if we die, it is a dead holder's directory again.
 */
export function adoptHolder(home: Home, dead: Holder): OwnHolder | undefined {
  const name = `rescue-${process.pid}-${randomHex(6)}`
  const dir = join(home.processing, name)
  const card = dead.card ?? { name: dead.name, slots: 0, started_at: '', log: '', ...ownIdentity() }
  const fd = holdAliveFifo(dead.dir)
  if (fd === undefined) return undefined
  // If we die after this: the same as before it, under another name.
  const inode = lstat(dead.dir)?.ino
  if (move(dead.dir, dir)) return ownHolder(home, dir, inode, card, fd)
  closeSync(fd)
  return undefined
}

/**
 * Holds the FIFO in a dead holder's directory; undefined: the directory is gone. Where it was removed by hand there
 * comes a new one, so that our own life shows.
 */
function holdAliveFifo(dir: string): number | undefined {
  const fifo = join(dir, 'alive')
  for (let tries = 1; ; tries++) {
    try {
      if (!exists(fifo)) makeFifos([fifo])
      return holdFifo(fifo)
    } catch (error) {
      if (!exists(dir)) return undefined
      // Another taker may have made it at this moment: then it is there now.
      if (tries === 2) throw error
    }
  }
}

/** A directory for an operator's command, which holds jobs by what they were taken from: `operator-x/<from>/`. */
export function joinOperators(home: Home, ...dirs: readonly [HomeDir, ...(typeof PURGE_MARKS)[]]): OwnHolder {
  const name = `operator-${process.pid}-${randomHex(6)}`
  const card: WorkerCard = { name, slots: 0, started_at: '', log: '', ...ownIdentity() }
  const aside = join(home.tmp, name)
  const dir = join(home.processing, name)
  makeOrRemove(aside, () => {
    // If we die here: scratch that the sweeper removes.
    makeDir(aside)
    for (const one of dirs) makeDir(join(aside, one))
    writeNew(join(aside, 'worker.json'), `${JSON.stringify(card)}\n`, false)
  })
  // If we die after this: a dead operator that holds nothing; the next worker to look removes it.
  const inode = lstat(aside)?.ino
  move(aside, dir)
  return ownHolder(home, dir, inode, card)
}

/**
 * Takes a job into a holder of our own for the moment of one change. Undefined: it was not there any more.
 * If we die before it is put down again, a worker puts it back to where it came from.
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
