/**
 * The files in `queues/`: the settings of a queue `<queue>.json`, and its pause `<queue>.paused`; `_all` for all queues.
 * Plain files, made on first use and fit for editors and git.
 *
 * A worker looks at them in each timed round and writes which ones it obeys into its directory, `.obeys`: the stamp of
 * each file by its name. Who changed one waits for that, so that its word holds. A pause whose end has passed is not
 * removed, since it may be a newer one by then: it counts as absent.
 */
import { basename, join } from 'node:path'
import { failureKind } from '../disk/errno.ts'
import { exists, listDir, lstat, makeDir, readText, remove, replaceFile } from '../disk/files.ts'
import { scratchPath } from '../disk/scratch.ts'
import { DEFAULT_QUEUE, whyNotQueue } from '../job/file-name.ts'
import { ALL_QUEUES, isPauseOver, parsePause, type Pause, type Pauses } from '../job/pause.ts'
import {
  type AllSettings,
  isUnreadable,
  parseSettings,
  type QueueSettings,
  type BadSettings,
} from '../job/queue-settings.ts'
import { holders } from './holders.ts'
import { type Home, isInUse } from './layout.ts'

const PAUSE = '.paused'
const SETTINGS = '.json'
const OBEYS = '.obeys'

const pausePath = (home: Home, queue: string): string => join(home.queues, `${queue}${PAUSE}`)
export const settingsPath = (home: Home, queue: string): string => join(home.queues, `${queue}${SETTINGS}`)

/** The stamps of the files, by file name: another stamp is another file or content. */
export type Stamps = Readonly<Record<string, string>>

/** The stamp of the settings of all queues when it cannot be seen which files there are: so nothing of any queue starts. */
const UNSEEN = 'unseen: '

/** Looks at the files, without reading them. */
export function queueStamps(home: Home): Stamps {
  try {
    // Nearly always there is none. An error for it costs a worker more than the rest of an idle round.
    if (!isInUse(home, 'queues')) return {}
    const stamps = listDir(home.queues).flatMap((name) => {
      const isOurs = queueOf(name, PAUSE) !== undefined || queueOf(name, SETTINGS) !== undefined
      const stamp = isOurs ? stampOf(join(home.queues, name)) : undefined
      return stamp === undefined ? [] : [[name, stamp]]
    })
    return Object.fromEntries(stamps)
  } catch (error) {
    if (['machine', 'unknown'].includes(failureKind(error))) throw error
    return { [`${ALL_QUEUES}${SETTINGS}`]: UNSEEN + (error instanceof Error ? error.message : String(error)) }
  }
}

function stampOf(path: string): string | undefined {
  const stats = lstat(path)
  return stats && `${stats.ino}-${stats.ctimeMs}-${stats.size}`
}

function queueOf(fileName: string, suffix: string): string | undefined {
  if (!fileName.endsWith(suffix)) return undefined
  const queue = basename(fileName, suffix)
  return queue === ALL_QUEUES || whyNotQueue(queue) === undefined ? queue : undefined
}

/** The pauses in force. @param now milliseconds */
export function readPauses(home: Home, now: number, stamps: Stamps = queueStamps(home)): Pauses {
  const pauses = new Map<string, Pause>()
  for (const name of Object.keys(stamps)) {
    const queue = queueOf(name, PAUSE)
    const pause = queue === undefined ? undefined : readFile(pausePath(home, queue), parsePause)
    if (queue !== undefined && pause && !isPauseOver(pause, now)) pauses.set(queue, pause)
  }
  return pauses
}

/** The settings of the queues that have any. */
export function readQueueSettings(home: Home, stamps: Stamps = queueStamps(home)): AllSettings {
  const all = new Map<string, QueueSettings | BadSettings>()
  const unseen = stamps[`${ALL_QUEUES}${SETTINGS}`]
  if (unseen?.startsWith(UNSEEN)) return all.set(ALL_QUEUES, { unreadable: unseen.slice(UNSEEN.length) })
  for (const name of Object.keys(stamps)) {
    const queue = queueOf(name, SETTINGS)
    const settings = queue === undefined ? undefined : settingsOf(home, queue)
    if (queue !== undefined && settings) all.set(queue, settings)
  }
  return all
}

/** The settings of one queue, or of all; undefined: it has no file of them. */
export const settingsOf = (home: Home, queue: string): QueueSettings | BadSettings | undefined =>
  readFile(settingsPath(home, queue), (text) => parseSettings(queue, text))

/** Tells how many attempts the jobs of a queue have by its settings. Reads each file once. */
export function queueRetries(home: Home): (queue: string | undefined) => number | undefined {
  let isThere: boolean | undefined
  const known = new Map<string, number | undefined>()
  return (queue = DEFAULT_QUEUE) => {
    isThere ??= exists(home.queues)
    if (!isThere) return undefined
    if (!known.has(queue)) {
      const settings = settingsOf(home, queue)
      // While they cannot be read no job of it starts; this one gets what all get.
      known.set(queue, isUnreadable(settings) ? undefined : settings?.max_retries)
    }
    return known.get(queue)
  }
}

/** Undefined: it was removed. `parse` gets nothing for what cannot be read, and that must count: never run when in doubt. */
function readFile<T>(path: string, parse: (text: string | undefined) => T): T | undefined {
  try {
    const text = readText(path)
    return text === undefined ? undefined : parse(text)
  } catch (error) {
    if (failureKind(error) !== 'content') return parse(undefined)
    return lstat(path) && parse(undefined)
  }
}

/** Writes a pause, over one that is there. If we die in here: scratch in tmp/, and the pause is there or not. */
export const writePause = (home: Home, queue: string, pause: Pause): void =>
  writeFile(home, pausePath(home, queue), `${JSON.stringify(pause)}\n`)

/** Writes the settings of a queue. If we die in here: scratch in tmp/, and they are the old or the new ones. */
export const writeSettings = (home: Home, queue: string, settings: QueueSettings): void =>
  writeFile(home, settingsPath(home, queue), `${JSON.stringify(settings, undefined, 2)}\n`)

function writeFile(home: Home, path: string, text: string): void {
  // Made on first use. If we die after this: an empty directory.
  makeDir(home.queues)
  replaceFile(scratchPath(home.tmp, 'queue', 'new'), path, text)
}

/** False: it was not paused. */
export const removePause = (home: Home, queue: string): boolean => remove(pausePath(home, queue))

/**
 * Removes the settings of a queue. False: it had none. Workers obey a file that has gone for some seconds more, since
 * editors and git remove and create anew: {@link writeSettings} with none makes them forget it at once.
 */
export const removeSettings = (home: Home, queue: string): boolean => remove(settingsPath(home, queue))

/** Says in our own directory which files we obey. If we die before the move: scratch in tmp/. */
export const writeObeyed = (home: Home, dir: string, stamps: Stamps): boolean =>
  replaceFile(scratchPath(home.tmp, 'obeys', 'new'), join(dir, OBEYS), `${JSON.stringify(stamps)}\n`, false)

/** Does the worker with this directory obey a file as it is on disk now? True also where it was removed. */
function obeys(dir: string, path: string): boolean {
  const stamp = stampOf(path)
  if (stamp === undefined) return true
  try {
    const stamps = JSON.parse(readText(join(dir, OBEYS)) ?? '{}') as Stamps
    return stamps[basename(path)] === stamp
  } catch {
    // A worker moves it into place whole: this is no worker's, so not known.
    return false
  }
}

/** The workers that may not have seen the pause or the settings of a queue as they are now, or know none. */
export const workersNotObeying = (home: Home, queue: string, what: 'pause' | 'settings'): string[] => {
  const path = what === 'pause' ? pausePath(home, queue) : settingsPath(home, queue)
  return holders(home)
    .filter(({ kind, life, dir }) => kind === 'worker' && life !== 'dead' && !obeys(dir, path))
    .map(({ name }) => name)
}
