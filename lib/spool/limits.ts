/**
 * The numbers of limits: at most so many commands run at a time. Number n of a limit is the directory `limits/<limit>/<n>`:
 * taken while there is an entry in it, free when it is empty or absent. It is taken by renaming a directory with an
 * entry onto it, which the kernel does only onto an empty or absent one.
 *
 * An entry is a hard link of its run's FIFO, named after where its worker holds the job. It counts while the job lies there,
 * and after that while a process of the run holds the FIFO. That is exact: the entry was there before the shell opened
 * the FIFO, and a shell that finds the job gone starts nothing. So "the job is gone, and then nobody holds the FIFO" stays
 * true for ever, and who sees it may remove the entry, whose name is nobody else's. The order of the two looks matters.
 *
 * No clock is asked and nothing needs a flush: after a power cut no process holds any FIFO.
 */
import { basename, join } from 'node:path'
import { randomHex } from '../clock.ts'
import { errno } from '../errors.ts'
import { fifoState } from '../disk/fifo.ts'
import {
  isOwnDir,
  linkNew,
  listDir,
  listOwnDir,
  lstat,
  makeDir,
  moveOntoEmpty,
  remove,
  removeEmptyDir,
  removeScratchDir,
  touch,
} from '../disk/files.ts'
import { parseName } from '../job/file-name.ts'
import { keyOfLimit, type Limit } from '../job/queue-settings.ts'
import { makeRealDir, quarantine, removeOrQuarantine } from './corrupt.ts'
import type { Home } from './layout.ts'

/** An entry in the directory of a number. */
export interface NumberEntry {
  readonly limit: string
  readonly number: number
  readonly path: string
  /** Whose it is; undefined: its name is not ours. It was made by hand, and takes the number until it is removed. */
  readonly claim: Claim | undefined
}

/** A job as a worker holds it. */
export interface Claim {
  readonly worker: string
  readonly fileName: string
  /** Tells the claims of one job by one worker apart. */
  readonly nonce: string
}

/** A claim that is going on, and its run's FIFO. */
export interface Claiming extends Claim {
  readonly fifo: string
}

const WANTED = '.wanted'
const WORKER = 'worker-'
const JOB = '.json'
const NUMBER = /^(?:0|[1-9]\d{0,6})$/

export const newNonce = (): string => randomHex(6)

/** `<worker>~<file name>~<nonce>`, without what all have in common: the longest names would not fit otherwise. */
const entryName = ({ worker, fileName, nonce }: Claim): string =>
  `${worker.slice(WORKER.length)}~${basename(fileName, JOB)}~${nonce}`

function parseEntry(name: string): Claim | undefined {
  const [worker = '', stem = '', nonce = '', ...more] = name.split('~')
  const fileName = stem + JOB
  if (worker === '' || nonce === '' || more.length > 0 || !parseName(fileName)) return undefined
  return { worker: WORKER + worker, fileName, nonce }
}

const limitDir = (home: Home, limit: string): string => join(home.limits, limit)
const numberDir = (home: Home, limit: string, number: number): string => join(limitDir(home, limit), String(number))

/** The entries of one number. */
const entriesOf = (home: Home, limit: string, number: number): NumberEntry[] =>
  listOwnDir(home.limits, limit, String(number)).map((name) => ({
    limit,
    number,
    path: join(numberDir(home, limit, number), name),
    claim: parseEntry(name),
  }))

/** The numbers of a limit that have a directory, ascending. */
const numbersOf = (home: Home, limit: string): number[] =>
  listOwnDir(home.limits, limit)
    .filter((name) => NUMBER.test(name))
    .map(Number)
    .sort((a, b) => a - b)

/** The limits that have a number taken, or had. */
export const limitNames = (home: Home): string[] => listDir(home.limits).filter((name) => !name.startsWith('.'))

/**
 * Does this entry take its number?
 * @param isPresent is this claim of ours going on? An entry of an earlier claim of ours counts by its FIFO alone: the job
 *   that lies there is in a later claim's hand. Default: the entry is another's
 */
function counts(home: Home, { path, claim }: NumberEntry, isPresent: (claim: Claim) => boolean = () => true): boolean {
  if (!claim) return true
  if (isPresent(claim) && lstat(join(home.processing, claim.worker, claim.fileName))) return true
  const state = fifoState(path)
  // What cannot be opened is taken, unless it has gone.
  return state === 'unknown' ? lstat(path) !== undefined : state === 'held'
}

/** What asks about the numbers of limits. */
export interface Asker {
  readonly home: Home
  /** Is this claim, by its worker's name one of ours, going on? */
  readonly isPresent: (claim: Claim) => boolean
}

/** Is the number free? Removes the entries that do not count. If we die in here: some are left, for the next who looks. */
function isFree({ home, isPresent }: Asker, limit: string, number: number): boolean {
  const dir = numberDir(home, limit, number)
  // What is there instead of a directory of ours can never be taken.
  if (lstat(dir)?.isDirectory() === false)
    quarantine(home, dir, `${limit}-${number}`, 'it was in the place of a number of a limit')
  let free = true
  for (const entry of entriesOf(home, limit, number))
    if (counts(home, entry, isPresent)) free = false
    else remove(entry.path)
  return free
}

/** A number that is free, as of this look; undefined: every one is taken. */
function freeNumber(asker: Asker, { name, cap }: Limit): number | undefined {
  const used = new Set(numbersOf(asker.home, name))
  for (let number = 1; number <= cap; number++) if (!used.has(number)) return number
  for (const number of used) if (number >= 1 && number <= cap && isFree(asker, name, number)) return number
  return undefined
}

/** Has the limit a free number? Who finds none is woken when one is let go. */
export function hasFree(asker: Asker, limit: Limit): boolean {
  if (freeNumber(asker, limit) !== undefined) return true
  makeLimitDir(asker.home, limit.name)
  // If we die here: whoever lets a number go wakes the workers for nothing.
  touch(join(limitDir(asker.home, limit.name), WANTED))
  // Again, since it may have been let go before the sign was there.
  return freeNumber(asker, limit) !== undefined
}

/** Makes the directory of a limit. A link in its place would lead out of the home. If we die in here: an empty directory. */
export function makeLimitDir(home: Home, limit: string): string {
  makeRealDir(home, home.limits, true)
  makeRealDir(home, limitDir(home, limit))
  return limitDir(home, limit)
}

/**
 * Takes a number of a limit for a claim. Undefined: none was free after all.
 * If we die after the entry is in place: the job lies in a dead worker's directory; once that is taken over, the number
 * is free for the next who looks.
 */
export function takeNumber(asker: Asker, limit: Limit, claim: Claiming): NumberEntry | undefined {
  for (let tries = 0; tries < TRIES; tries++) {
    const number = freeNumber(asker, limit)
    if (number === undefined) return undefined
    const entry = place(asker.home, limit.name, number, claim)
    if (!entry) continue
    if (!isOverdrawn(asker, limit)) return entry
    letGo(asker.home, entry)
    return undefined
  }
  return undefined
}

const TRIES = 20

/** Numbers above the cap are there only after it was lowered: then those that count are counted. */
function isOverdrawn({ home, isPresent }: Asker, { name, cap }: Limit): boolean {
  const numbers = numbersOf(home, name)
  if (!numbers.some((number) => number > cap)) return false
  let taken = 0
  for (const number of numbers)
    if (isFree({ home, isPresent }, name, number)) removeEmptyDir(numberDir(home, name, number))
    else taken++
  return taken > cap
}

/**
 * Signs for a run that goes on already, on the first number that is free of entries, also above the cap: it holds a number
 * before we say that we obey the limit.
 */
export function signNumber(home: Home, limit: string, claim: Claiming): NumberEntry {
  for (let number = 1; ; number++) {
    const entry = place(home, limit, number, claim)
    if (entry) return entry
  }
}

/** Puts an entry onto a number. Undefined: it is taken. */
function place(home: Home, limit: string, number: number, claim: Claiming): NumberEntry | undefined {
  const name = entryName(claim)
  // Swept only once the process in its name is gone. If we die in here: scratch, and the FIFO has one more name there.
  const aside = join(home.tmp, `${claim.worker}.${randomHex(4)}.number`)
  const path = join(numberDir(home, limit, number), name)
  for (let tries = 0; ; tries++)
    try {
      makeDir(aside)
      linkNew(claim.fifo, join(aside, name))
      if (!isOwnDir(home.limits, limit)) makeLimitDir(home, limit)
      if (!moveOntoEmpty(aside, numberDir(home, limit, number))) {
        removeScratchDir(aside)
        return undefined
      }
      if (lstat(path)) return { limit, number, path, claim }
      // Something emptied it before the move.
      if (tries >= TRIES) return undefined
    } catch (error) {
      removeScratchDir(aside)
      // The directory of the limit was removed, or is not there yet.
      if (errno(error) !== 'ENOENT' || tries >= TRIES) throw error
      makeLimitDir(home, limit)
    }
}

/**
 * Lets a number go. True: somebody waits for one.
 * If we die in here: the number is free, or the entry does not count once the job has left our directory.
 */
export function letGo(home: Home, { limit, number, path }: NumberEntry): boolean {
  if (!isOwnDir(home.limits, limit)) return false
  removeOrQuarantine(home, path, ODD)
  removeEmptyDir(numberDir(home, limit, number))
  const wanted = join(limitDir(home, limit), WANTED)
  const isWanted = lstat(wanted) !== undefined
  if (isWanted) removeOrQuarantine(home, wanted, ODD)
  // There is no end of keys; the next worker that takes a number makes the directory again.
  if (keyOfLimit(limit) !== undefined) removeEmptyDir(limitDir(home, limit))
  return isWanted
}

const ODD = 'it was in the place of a file of a limit'

/** The entries that were made for this job, whoever's they are. */
export const entriesFor = (home: Home, fileName: string, limits: readonly string[]): NumberEntry[] =>
  limits.flatMap((limit) =>
    numbersOf(home, limit).flatMap((number) =>
      entriesOf(home, limit, number).filter(({ claim }) => claim?.fileName === fileName),
    ),
  )

/** The entries of a limit that take its numbers. Changes nothing. */
export const takenNumbers = (home: Home, limit: string): NumberEntry[] =>
  numbersOf(home, limit).flatMap((number) => entriesOf(home, limit, number).filter((entry) => counts(home, entry)))

/** Removes the entries that count no more, and empty directories. If we die in here: the next sweep removes the rest. */
export function sweepLimits(home: Home): void {
  for (const limit of limitNames(home)) {
    for (const number of numbersOf(home, limit))
      if (isFree({ home, isPresent: () => true }, limit, number)) removeEmptyDir(numberDir(home, limit, number))
    removeEmptyDir(limitDir(home, limit))
  }
}
