/**
 * The files of schedules: `schedules/<name>.json`, and `<name>.paused` while one is paused; and what each has done, its
 * generations, `fired/<name>/<k>/`. A generation is a directory with a file `<time>~<hash>~<runs>~<deed>` and, until it is out,
 * the file of the job that was made. It comes to be by one rename, which the kernel lets through only if no such
 * directory is there: so of all workers one makes generation k. Then the job is moved to `pending/`, by any worker, before
 * anything newer is made.
 *
 * A worker that slept may make an old k again after it was cleaned away: that is unmasked by listing again, since a higher
 * one was there before. The last {@link KEPT} generations stay, as history and against sleepers.
 */
import { basename, join } from 'node:path'
import { createHash } from 'node:crypto'
import { nowMs } from '../clock.ts'
import { eachOf } from '../disk/each.ts'
import { failureKind } from '../disk/errno.ts'
import {
  listDir,
  listOwnDir,
  lstat,
  makeDir,
  move,
  moveOntoEmpty,
  readText,
  remove,
  removeScratchDir,
  replaceFile,
  writeNew,
} from '../disk/files.ts'
import { scratchPath } from '../disk/scratch.ts'
import { syncDir } from '../disk/sync.ts'
import { QueueError } from '../errors.ts'
import { parseName } from '../job/file-name.ts'
import { DEEDS, type Generation } from '../schedule/decide.ts'
import { type BadSchedule, parseSchedule, type Schedule, whyNotScheduleName } from '../schedule/schedule.ts'
import { makeRealDir } from './corrupt.ts'
import { type Home, isInUse } from './layout.ts'

/** How many generations stay. */
export const KEPT = 64
const FILE = '.json'
const PAUSE = '.paused'
const DAY_MS = 86_400_000
/** What is left of a schedule that has gone is kept for this long (ms). */
const GONE_MS = 30 * DAY_MS

export const schedulePath = (home: Home, name: string): string => join(home.schedules, `${name}${FILE}`)
const pausePath = (home: Home, name: string): string => join(home.schedules, `${name}${PAUSE}`)

/** The names of all schedules, sorted. */
export function scheduleNames(home: Home): string[] {
  // Nearly always there is none.
  if (!isInUse(home, 'schedules')) return []
  return listDir(home.schedules)
    .filter((file) => file.endsWith(FILE))
    .map((file) => basename(file, FILE))
    .filter((name) => whyNotScheduleName(name) === undefined)
    .sort()
}

/** The names of the schedules that have done something. @throws QueueError when others could have put something there */
export const firedNames = (home: Home): string[] => (isInUse(home, 'fired') ? listDir(home.fired) : [])

/** Undefined: there is no such schedule. */
export function readSchedule(home: Home, name: string): Schedule | BadSchedule | undefined {
  const path = schedulePath(home, name)
  try {
    const text = readText(path)
    return text === undefined ? undefined : parseSchedule(name, text, nowMs())
  } catch (error) {
    if (failureKind(error) !== 'content') return parseSchedule(name, undefined, nowMs())
    return lstat(path) && parseSchedule(name, undefined, nowMs())
  }
}

/** The stamp of a schedule's file: another stamp is another file or content. */
export function scheduleStamp(home: Home, name: string): string | undefined {
  const stats = lstat(schedulePath(home, name))
  return stats && `${stats.ino}-${stats.ctimeMs}-${stats.size}`
}

/** Writes a schedule, over one that is there. If we die in here: scratch in tmp/, and it is the old or the new one. */
export function writeSchedule(home: Home, name: string, text: string): void {
  // Made on first use. If we die after this: an empty directory.
  makeDir(home.schedules)
  replaceFile(scratchPath(home.tmp, 'schedule', 'new'), schedulePath(home, name), text)
  syncDir(home.schedules)
}

/** False: there is none. */
export const removeSchedule = (home: Home, name: string): boolean => remove(schedulePath(home, name))

export const isPaused = (home: Home, name: string): boolean => lstat(pausePath(home, name)) !== undefined

/** Why it is paused: the first line of the file. */
export function pauseReason(home: Home, name: string): string {
  try {
    return readText(pausePath(home, name))?.trim().split('\n')[0] ?? ''
  } catch {
    // Whatever is there is a pause.
    return ''
  }
}

export const pauseSchedule = (home: Home, name: string, reason: string): boolean =>
  replaceFile(scratchPath(home.tmp, 'schedule', 'new'), pausePath(home, name), `${reason}\n`)

/** False: it was not paused. */
export const resumeSchedule = (home: Home, name: string): boolean => remove(pausePath(home, name))

/** Stands for what decides when a schedule occurs, its pause included: when it changes the schedule begins afresh. */
export function timingHash({ timing, from, until }: Schedule, paused: boolean): string {
  const text = JSON.stringify([timing, from ?? null, until ?? null, paused])
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

const generationDir = (home: Home, name: string, number: number): string => join(home.fired, name, String(number))

const STAMP = /^(\d{8}T\d{6}Z)~([0-9a-f]{8})~(\d+)~([a-z]+)$/

const stampOf = ({ at, hash, runs, deed }: Omit<Generation, 'number'>): string =>
  `${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')}~${hash}~${runs}~${deed}`

function parseStamp(text: string, number: number): Generation | undefined {
  const [, time = '', hash = '', runs = '', deed] = STAMP.exec(text) ?? []
  const known = DEEDS.find((one) => one === deed)
  const at = Date.parse(time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  return known && Number.isFinite(at) ? { number, at, hash, runs: Number(runs), deed: known } : undefined
}

/** The numbers of the generations, highest first. */
const numbersOf = (home: Home, name: string): number[] =>
  listOwnDir(home.fired, name)
    .filter((one) => /^[1-9]\d{0,14}$/.test(one))
    .map(Number)
    .sort((a, b) => b - a)

export interface KnownGeneration extends Generation {
  /** The job that was made and is not in `pending/` yet. */
  readonly unpublished: string | undefined
}

function readGeneration(home: Home, name: string, number: number): KnownGeneration | undefined {
  const files = listOwnDir(home.fired, name, String(number))
  const stamp = files.map((file) => parseStamp(file, number)).find((one) => one !== undefined)
  return stamp && { ...stamp, unpublished: files.find((file) => parseName(file) !== undefined) }
}

/**
 * The highest generation; undefined when there is none. @throws Error when it is not ours, or a higher one came meanwhile:
 * then nothing may be decided now
 */
export function lastGeneration(home: Home, name: string): KnownGeneration | undefined {
  const [highest] = numbersOf(home, name)
  if (highest === undefined) return undefined
  const found = readGeneration(home, name, highest)
  if (numbersOf(home, name)[0] !== highest) throw new Superseded()
  if (found) return found
  throw new QueueError(
    'FAILED',
    `${generationDir(home, name, highest)} does not say what the schedule ${name} did; remove it, or all of fired/${name} to begin afresh`,
  )
}

/** Another worker is at it. */
export class Superseded extends Error {}

/** What a schedule has done, newest first. */
export const generationsOf = (home: Home, name: string): KnownGeneration[] =>
  numbersOf(home, name).flatMap((number) => readGeneration(home, name, number) ?? [])

/**
 * Moves the job of a generation into `pending/`. False: another worker did. If we die before it: it lies in the generation,
 * and the next worker publishes it.
 */
export const publishGeneration = (home: Home, name: string, { number }: Generation, fileName: string): boolean =>
  move(join(generationDir(home, name, number), fileName), join(home.pending, fileName), byAnother)

/** Any worker publishes, and under the same name: what is in `pending/` already was published by another one. */
const byAnother = (): boolean => false

/**
 * Makes a generation. False: another worker made one of this number.
 * If we die in here: scratch; or the generation is there, with its job, for any worker to publish.
 * @param job the file of the job, and its name
 */
export function makeGeneration(
  home: Home,
  name: string,
  next: Generation,
  job: { readonly fileName: string; readonly text: string } | undefined,
): boolean {
  const aside = scratchPath(home.tmp, `fired-${name}`, 'new')
  makeDir(aside)
  try {
    writeNew(join(aside, stampOf(next)), '')
    if (job) writeNew(join(aside, job.fileName), job.text)
    syncDir(aside)
    // A link in their place would lead the job out of the home.
    const isNew = makeRealDir(home, home.fired, true)
    if (makeRealDir(home, join(home.fired, name))) syncDir(home.fired)
    if (isNew) syncDir(home.root)
    if (moveOntoEmpty(aside, generationDir(home, name, next.number))) {
      // Before it is published: a power cut that undid it would fire the same time again.
      syncDir(join(home.fired, name))
      return true
    }
  } catch (error) {
    removeScratchDir(aside)
    throw error
  }
  removeScratchDir(aside)
  return false
}

/**
 * Removes generations that are too old to matter, but not the last one that made a job, which tells whether that is
 * finished. If we die in here: the next one removes the rest.
 */
export function cleanGenerations(home: Home, name: string, highest: number): void {
  const old = numbersOf(home, name).filter((number) => number <= highest - KEPT)
  if (old.length === 0) return
  const fired = generationsOf(home, name).find(({ deed }) => deed === 'fired')?.number
  for (const number of old) if (number !== fired) removeScratchDir(generationDir(home, name, number))
}

/** Removes what schedules have done that have gone long ago. If we die in here: the next sweep removes the rest. */
export function sweepFired(home: Home): void {
  const known = new Set(scheduleNames(home))
  eachOf(firedNames(home), (name) => {
    const dir = join(home.fired, name)
    const hasJob = numbersOf(home, name).some((number) => readGeneration(home, name, number)?.unpublished !== undefined)
    if (!known.has(name) && !hasJob && nowMs() - (lstat(dir)?.mtimeMs ?? nowMs()) > GONE_MS) removeScratchDir(dir)
  })
}
