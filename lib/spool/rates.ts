/**
 * Rates: in no window do more than so many jobs start. `rates/<limit>/<count>-<seconds>/` has a file for each start that the
 * window allows; its name `<i>-<boot>-<ms>` says when it was used last, by the clock since boot, which never jumps. A start
 * renames one that is a window old to now, so of all who try one wins. One of another boot is as old as this boot is long.
 *
 * Crash: after the rename one start is spent that did not happen, never one too many. Nothing needs a flush.
 */
import { join } from 'node:path'
import { bootSeconds, nowMs } from '../clock.ts'
import { eachOf } from '../disk/each.ts'
import {
  isOwnDir,
  listDir,
  listOwnDir,
  lstat,
  makeDir,
  move,
  moveOntoEmpty,
  removeScratchDir,
  writeNew,
} from '../disk/files.ts'
import { ownIdentity } from '../disk/process.ts'
import { scratchPath } from '../disk/scratch.ts'
import type { Rate } from '../job/queue-settings.ts'
import { makeRealDir } from './corrupt.ts'
import type { Home } from './layout.ts'

/** The kernel's clock since boot is read in steps of this (ms). */
const STEP_MS = 10
const DAY_MS = 86_400_000
const NAME = /^(\d+)-([0-9a-z]{1,8})-(\d+)$/

interface Permission {
  readonly fileName: string
  readonly i: string
  /** How long ago it was used, in milliseconds. */
  readonly age: number
}

const uptimeMs = (): number => Math.floor(bootSeconds() * 1000)
const boot8 = (): string => ownIdentity().boot.replaceAll('-', '').slice(0, 8) || '0'

const setOf = ({ count, seconds }: Rate): string => `${count}-${seconds}`
const setDir = (home: Home, rate: Rate): string => join(home.rates, rate.name, setOf(rate))

/** The permissions of a set, that used longest ago first; undefined: there is no such set. */
function permissions(home: Home, name: string, set: string): Permission[] | undefined {
  if (!isOwnDir(home.rates, name, set)) return undefined
  const now = uptimeMs()
  return listDir(join(home.rates, name, set))
    .flatMap((fileName) => {
      const [, i = '', boot, at] = NAME.exec(fileName) ?? []
      return i === '' ? [] : [{ fileName, i, age: boot === boot8() ? now - Number(at) : now }]
    })
    .sort((a, b) => b.age - a.age)
}

/** Of two that use the same one in the same millisecond only one did: the name that is there may be the other's. */
const byAnother = (): boolean => false

/** How long (ms) until a job may start by this rate; 0: now. */
export function untilRate(home: Home, rate: Rate): number {
  const oldest = permissionsOf(home, rate)[0]
  return oldest ? Math.max(0, rate.seconds * 1000 + STEP_MS - oldest.age) : rate.seconds * 1000
}

/** The same, and makes nothing: a rate by which no job has started yet lets one start. */
export function untilKnownRate(home: Home, rate: Rate): number {
  return permissions(home, rate.name, setOf(rate)) ? untilRate(home, rate) : 0
}

/** Uses one of the starts that the rate allows. False: there is none. */
export function useRate(home: Home, rate: Rate): boolean {
  const dir = setDir(home, rate)
  for (const { fileName, i, age } of permissionsOf(home, rate)) {
    if (age < rate.seconds * 1000 + STEP_MS) return false
    // If we die after this: it is spent.
    if (move(join(dir, fileName), join(dir, `${i}-${boot8()}-${uptimeMs()}`), byAnother)) return true
    // Another was faster.
  }
  return false
}

/** The permissions of a rate, whose set is made when it is first asked for. */
function permissionsOf(home: Home, rate: Rate): Permission[] {
  const found = permissions(home, rate.name, setOf(rate))
  if (found) return found
  makeSet(home, rate)
  return permissions(home, rate.name, setOf(rate)) ?? []
}

/** Makes a set whole, aside; it knows the last starts by the rate as it was before. If we die in here: scratch. */
function makeSet(home: Home, rate: Rate): void {
  const now = uptimeMs()
  const mtimeOf = (set: string): number => lstat(join(home.rates, rate.name, set))?.mtimeMs ?? 0
  // One set alone, since what it knows of those before it are copies.
  const [latest] = listOwnDir(home.rates, rate.name).sort((a, b) => mtimeOf(b) - mtimeOf(a))
  const known = (latest === undefined ? [] : (permissions(home, rate.name, latest) ?? [])).toReversed()
  const aside = scratchPath(home.tmp, 'rate', 'new')
  makeDir(aside)
  for (let i = 0; i < rate.count; i++) {
    const at = Math.max(0, now - (known[i]?.age ?? Number.POSITIVE_INFINITY))
    const isUnused = known[i] === undefined
    writeNew(join(aside, isUnused ? `${i}-0-0` : `${i}-${boot8()}-${at}`), '', false)
  }
  // A link in their place would lead out of the home.
  makeRealDir(home, home.rates, true)
  makeRealDir(home, join(home.rates, rate.name))
  if (lstat(setDir(home, rate))) makeRealDir(home, setDir(home, rate))
  if (!moveOntoEmpty(aside, setDir(home, rate))) removeScratchDir(aside)
}

/**
 * Removes sets that were not used for a day and for ten windows. Each goes whole, since what is left of half a one would let
 * fewer start. If we die in here: scratch, or the next sweep removes the rest.
 */
export function sweepRates(home: Home): void {
  for (const name of listDir(home.rates))
    eachOf(listOwnDir(home.rates, name), (set) => {
      const dir = join(home.rates, name, set)
      const usedAt = lstat(dir)?.mtimeMs ?? nowMs()
      const unused = nowMs() - usedAt
      if (unused <= DAY_MS || !(unused > 10_000 * Number(set.split('-')[1] ?? Number.NaN))) return
      const aside = scratchPath(home.tmp, 'rate', 'new')
      if (!move(dir, aside)) return
      const wasUsed = lstat(aside)?.mtimeMs !== usedAt
      if (!wasUsed || !moveOntoEmpty(aside, dir)) removeScratchDir(aside)
    })
}
