/**
 * Pauses queues by files: `queues/<queue>.paused`, or `queues/_all.paused` for all. No job of a paused queue is claimed.
 *
 * A worker looks at them in each timed round and writes which ones it obeys into its directory, `.obeys`: the stamp of
 * each file by its name. Who made a pause waits for that, so that its word holds. A pause whose end has passed is not
 * removed, since it may be a newer one by then: it counts as absent.
 */
import { basename, join } from 'node:path'
import { failureKind } from '../disk/errno.ts'
import { exists, listDir, lstat, makeDir, readText, remove, replaceFile } from '../disk/files.ts'
import { scratchPath } from '../disk/scratch.ts'
import { whyNotQueue } from '../job/file-name.ts'
import { ALL_QUEUES, isPauseOver, parsePause, type Pause, type Pauses } from '../job/pause.ts'
import { holders } from './holders.ts'
import type { Home } from './layout.ts'

const SUFFIX = '.paused'
const OBEYS = '.obeys'

const pausePath = (home: Home, queue: string): string => join(home.queues, `${queue}${SUFFIX}`)

/** The stamps of the pauses' files, by file name: another stamp is another file or content. */
export type Stamps = Readonly<Record<string, string>>

/** Looks at the files, without reading them. */
export function pauseStamps(home: Home): Stamps {
  // Nearly always there is none. An error for it costs a worker more than the rest of an idle round.
  if (!exists(home.queues)) return {}
  const stamps = listDir(home.queues).flatMap((name) => {
    const queue = queueOf(name)
    const stamp = queue === undefined ? undefined : stampOf(join(home.queues, name))
    return stamp === undefined ? [] : [[name, stamp]]
  })
  return Object.fromEntries(stamps)
}

function stampOf(path: string): string | undefined {
  const stats = lstat(path)
  return stats && `${stats.ino}-${stats.ctimeMs}-${stats.size}`
}

function queueOf(fileName: string): string | undefined {
  if (!fileName.endsWith(SUFFIX)) return undefined
  const queue = basename(fileName, SUFFIX)
  return queue === ALL_QUEUES || whyNotQueue(queue) === undefined ? queue : undefined
}

/** The pauses in force. @param now milliseconds */
export function readPauses(home: Home, now: number, stamps: Stamps = pauseStamps(home)): Pauses {
  const pauses = new Map<string, Pause>()
  for (const name of Object.keys(stamps)) {
    const pause = readPause(join(home.queues, name))
    const queue = queueOf(name)
    if (queue !== undefined && pause && !isPauseOver(pause, now)) pauses.set(queue, pause)
  }
  return pauses
}

/** Undefined: it was removed. */
function readPause(path: string): Pause | undefined {
  try {
    const text = readText(path)
    return text === undefined ? undefined : parsePause(text)
  } catch (error) {
    // What we cannot read may be a pause: never run when in doubt.
    if (failureKind(error) !== 'content') return parsePause(undefined)
    return lstat(path) && parsePause(undefined)
  }
}

/** Writes a pause, over one that is there. If we die in here: scratch in tmp/, and the pause is there or not. */
export function writePause(home: Home, queue: string, pause: Pause): void {
  // Made on first use. If we die after this: an empty directory.
  makeDir(home.queues)
  replaceFile(scratchPath(home.tmp, 'pause', 'new'), pausePath(home, queue), `${JSON.stringify(pause)}\n`)
}

/** False: it was not paused. */
export const removePause = (home: Home, queue: string): boolean => remove(pausePath(home, queue))

/** Says in our own directory which pauses we obey. If we die before the move: scratch in tmp/. */
export const writeObeyed = (home: Home, dir: string, stamps: Stamps): boolean =>
  replaceFile(scratchPath(home.tmp, 'obeys', 'new'), join(dir, OBEYS), `${JSON.stringify(stamps)}\n`, false)

/** Does the worker with this directory obey the pause of a queue as it is on disk now? True also where it was removed. */
function obeys(home: Home, dir: string, queue: string): boolean {
  const stamp = stampOf(pausePath(home, queue))
  if (stamp === undefined) return true
  try {
    const stamps = JSON.parse(readText(join(dir, OBEYS)) ?? '{}') as Stamps
    return stamps[basename(pausePath(home, queue))] === stamp
  } catch {
    // A worker moves it into place whole: this is no worker's, so not known.
    return false
  }
}

/** The workers that may claim a job of the queue although it is paused: they have not seen the pause, or know none. */
export const workersNotObeying = (home: Home, queue: string): string[] =>
  holders(home)
    .filter(({ kind, life, dir }) => kind === 'worker' && life !== 'dead' && !obeys(home, dir, queue))
    .map(({ name }) => name)
