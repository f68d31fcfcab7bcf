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
  isRealDir,
  listRealDir,
  lstat,
  makeDir,
  move,
  listDir,
  readText,
  remove,
  removeEmptyDir,
  removeScratchDir,
  replaceFile,
  writeNew,
} from '../disk/files.ts'
import { failureKind } from '../disk/errno.ts'
import { type Home, HOME_DIRS, type StateDir } from './layout.ts'
import { holdFifo, fifoState, makeFifos } from '../disk/fifo.ts'
import { environment } from '../config/env.ts'
import { beginRenewals, isOlderThanBoot, readRenewal, RENEW_MS, type Renewal } from '../disk/lease.ts'
import { isLocal } from '../disk/probe.ts'
import { isRunning, ownIdentity } from '../disk/process.ts'
import type { LeaseWatch } from './lease-watch.ts'
import { type Takes, takesOf } from '../job/takes.ts'
import { type HolderIdentity, judgeLife, type Life } from './holder-life.ts'
import { quarantine, removeOrQuarantine } from './corrupt.ts'

/** What a worker was told to keep to. */
export interface WorkerLimits {
  /** It claims nothing while the load of the machine is higher. */
  readonly max_load?: number
  /** It claims nothing while less memory is free (bytes). */
  readonly min_free_mem?: number
  /** It ends when it has run this many jobs. */
  readonly max_jobs?: number
  /** It ends when it had nothing to do for this time (s). */
  readonly idle_exit?: number
}

/** What `worker.json` says about a worker. */
export interface WorkerCard extends HolderIdentity, Takes {
  readonly name: string
  readonly slots: number
  readonly limits?: WorkerLimits
  readonly started_at: string
  readonly log: string
  /** The version of queuectl it was started with; an upgrade does not change it. */
  readonly version?: string
  /** The messages it acts on; a worker of an older version acts on signals only. */
  readonly hears?: readonly 'stop'[]
  /** How often it renews its lease (s). */
  readonly renews?: number
}

export type HolderKind = 'worker' | 'rescue' | 'operator'

export interface Holder {
  readonly name: string
  readonly dir: string
  readonly kind: HolderKind
  readonly card: WorkerCard | undefined
  readonly life: Life
}

/** A directory of our own in `processing/`. It is ours while this process lives and the directory is not removed. */
export interface OwnHolder {
  readonly name: string
  readonly dir: string
  readonly card: WorkerCard
  isThere(): boolean
  /** Removes the directory, or leaves it to recovery if a job is still in it. */
  leave(): boolean
  /** Lets go of the directory as it is: it may be another process's. */
  abandon(): void
}

/** A person's word that a worker is gone: names its last renewal, so that a later one takes it back. */
const FORGOTTEN = 'forgotten'
/** In a home that was copied: marks a directory that a holder of the original had there. */
export const OF_ORIGINAL = 'of-original'

/** Files in a holder's directory that are not jobs. */
const HOLDER_FILES = [
  'worker.json',
  'alive',
  'bell',
  'renewed',
  'stop',
  'troubles',
  'held-back',
  FORGOTTEN,
  OF_ORIGINAL,
]

/**
 * Directory of marks in an operator's directory: one for each job whose file is removed and whose output is not yet.
 */
export const PURGE_MARKS = 'purged'

/** Directories in a holder's directory, which go with it when they are empty. */
const HOLDER_DIRS: readonly string[] = [...HOME_DIRS, 'waiting', 'intake', 'lease', PURGE_MARKS]

/** Joins the workers of a home: the directory is completed in `tmp/`, then renamed into place. */
export function joinWorkers(
  home: Home,
  slots: number,
  startedAt: number,
  { limits, ...takes }: Takes & Pick<WorkerCard, 'limits'> = {},
): OwnHolder {
  const name = `worker-${process.pid}-${randomHex(6)}`
  const log = join(home.logs, `${name}.log`)
  const card: WorkerCard = {
    name,
    slots,
    ...takesOf(takes),
    ...(limits ? { limits } : {}),
    started_at: isoTime(startedAt),
    log,
    version: VERSION,
    hears: ['stop'],
    renews: ownRenewMs(home) / 1000,
    ...identityIn(home),
  }
  const aside = join(home.tmp, name)
  const dir = join(home.processing, name)
  const fd = makeOrRemove(aside, () => {
    // If we die here: scratch, for the sweeper.
    makeDir(aside)
    writeNew(join(aside, 'worker.json'), `${JSON.stringify(card)}\n`, false)
    writeNew(join(aside, 'bell'), '', false)
    beginRenewals(aside)
    makeFifos([join(aside, 'alive')])
    return holdFifo(join(aside, 'alive'))
  })
  // If we die after the move: a dead worker that holds nothing; the next recovery removes it.
  const inode = lstat(aside)?.ino
  move(aside, dir)
  return ownHolder(home, dir, inode, card, fd)
}

/** What the cards of this process say of it. */
const identityIn = (home: Home): HolderIdentity => {
  const device = lstat(home.processing)?.dev
  return { ...ownIdentity(), ...(device === undefined ? {} : { device }) }
}

/** How often workers of this process renew their lease. */
const ownRenewMs = (home: Home): number =>
  environment().renewMs ?? (isLocal(home.processing) ? RENEW_MS.local : RENEW_MS.other)

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
    abandon() {
      if (fd !== undefined) closeSync(fd)
    },
    leave() {
      try {
        return removeIfEmpty(home, dir)
      } finally {
        this.abandon()
      }
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
    const isDir = isRealDir(path)
    if (isDir && HOLDER_DIRS.includes(name)) {
      for (const inner of listDir(path)) if (inner.startsWith('.')) removeOrQuarantine(home, join(path, inner), NO_JOB)
      // A job was moved in just now: the next recovery finds it.
      if (!removeEmptyDir(path) && exists(path)) return false
    } else if (!isDir && (HOLDER_FILES.includes(name) || name.startsWith('.'))) remove(path)
    else quarantine(home, path, name, NO_JOB)
  }
  removeOrQuarantine(home, join(dir, 'worker.json'), NO_JOB)
  return removeEmptyDir(dir)
}

const NO_JOB = 'it was in the directory of a holder that has ended, and is not a job'

/** The names of the job files in a holder's directory. */
export const heldFileNames = (dir: string): string[] =>
  listRealDir(dir).filter((name) => name.endsWith('.json') && !name.startsWith('.') && !HOLDER_FILES.includes(name))

/** All holders, with or without jobs. @param failed is called for each that cannot be read now */
export const holders = (home: Home, failed: (name: string, error: unknown) => void = () => {}): Holder[] =>
  listDir(home.processing).flatMap((name) => {
    try {
      return holderOf(home, name) ?? []
    } catch (error) {
      failed(name, error)
      return []
    }
  })

/**
 * The holder whose directory has this name; undefined when there is none.
 * @param watch of a process that stays: only such a one sees that a lease is not renewed any more
 * @throws when it cannot be read now
 */
export function holderOf(home: Home, name: string, watch?: LeaseWatch): Holder | undefined {
  const kind = (['worker', 'rescue', 'operator'] as const).find((prefix) => name.startsWith(`${prefix}-`))
  if (kind === undefined) return undefined
  const dir = join(home.processing, name)
  const stats = lstat(dir)
  if (!stats?.isDirectory()) return undefined
  const holder = { name, dir, kind, card: readCard(dir) }
  try {
    return { ...holder, life: lifeOf(holder, stats.dev, watch) }
  } catch (error) {
    // It has gone while it was looked at.
    if (!lstat(dir)) return undefined
    throw error
  }
}

function readCard(dir: string): WorkerCard | undefined {
  try {
    const card = JSON.parse(readText(join(dir, 'worker.json')) ?? '') as Partial<WorkerCard> | null
    return isCard(card) ? card : undefined
  } catch (error) {
    // A card that cannot be read now says nothing about its holder, so it must not be taken for dead.
    if (['surroundings', 'machine'].includes(failureKind(error))) throw error
    // Gone meanwhile, or not written by us: the FIFO alone decides.
    return undefined
  }
}

const isCard = (card: Partial<WorkerCard> | null): card is WorkerCard =>
  typeof card?.machine === 'string' && Number.isSafeInteger(card.pid)

function lifeOf(holder: Omit<Holder, 'life'>, device: number, watch: LeaseWatch | undefined): Life {
  const { name, dir, card } = holder
  const judged = judgeLife({
    me: ownIdentity(),
    device,
    card,
    fifo: fifoState(join(dir, 'alive')),
    isRunning: () => card !== undefined && isRunning(card),
    isLocal: () => isLocal(dir),
    isOlderThanBoot: () => isOlderThanBoot(renewalOf(holder)),
  })
  if (judged === 'alive' || judged === 'dead') return judged
  const { stamp } = renewalOf(holder)
  const isOver = forgottenStamp(dir) === stamp || (judged === 'watch' && watch?.isOver(name, stamp, renewMsOf(holder)))
  return isOver ? 'dead' : 'elsewhere'
}

function forgottenStamp(dir: string): string | undefined {
  try {
    return readText(join(dir, FORGOTTEN))
  } catch {
    // Not a person's word: it is not forgotten.
    return undefined
  }
}

/** The last sign of life of a holder. An operator has no lease: what it changes in its directories shows its life. */
export function renewalOf({ dir, kind }: Pick<Holder, 'dir' | 'kind'>): Renewal {
  if (kind === 'worker') return readRenewal(dir)
  return readRenewal(dir, [dir, ...listDir(dir).map((name) => join(dir, name))])
}

/** How often a holder renews its lease (ms). */
export const renewMsOf = ({ card }: Pick<Holder, 'card'>): number =>
  typeof card?.renews === 'number' && card.renews > 0 ? card.renews * 1000 : RENEW_MS.other

/**
 * Marks a holder as gone, until a renewal later than the one of this stamp. False: its directory is gone.
 * @param aside a path in `tmp/`
 */
export const markForgotten = ({ dir }: Holder, aside: string, stamp: string): boolean =>
  replaceFile(aside, join(dir, FORGOTTEN), stamp)

/**
 * Adopts a dead worker's directory with one rename; undefined when another process was first. While we live, others
 * see a living holder; if we die, it is a dead holder's directory again.
 */
export function adoptHolder(home: Home, dead: Holder): OwnHolder | undefined {
  const name = `rescue-${process.pid}-${randomHex(6)}`
  const dir = join(home.processing, name)
  const card = dead.card ?? { name: dead.name, slots: 0, started_at: '', log: '', ...identityIn(home) }
  const fd = holdAliveFifo(home, dead.dir)
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
function holdAliveFifo(home: Home, dir: string): number | undefined {
  const fifo = join(dir, 'alive')
  for (let tries = 1; ; tries++) {
    try {
      const stats = lstat(fifo)
      if (stats && !stats.isFIFO()) quarantine(home, fifo, 'alive', NO_JOB)
      if (!stats?.isFIFO()) makeFifos([fifo])
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
export function joinOperators(home: Home, ...dirs: readonly [StateDir, ...(typeof PURGE_MARKS)[]]): OwnHolder {
  const name = `operator-${process.pid}-${randomHex(6)}`
  const card: WorkerCard = { name, slots: 0, started_at: '', log: '', ...identityIn(home) }
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
  from: StateDir,
  path: string,
  fileName: string,
): { path: string; done(): void } | undefined {
  const holder = joinOperators(home, from)
  const taken = join(holder.dir, from, fileName)
  if (move(path, taken)) return { path: taken, done: () => holder.leave() }
  holder.leave()
  return undefined
}
