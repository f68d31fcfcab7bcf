/**
 * Opens the state directory (home): its paths, and whether it is safe to use.
 *
 * Every directory in it is named here, once.
 */
import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { explained, QueueError } from '../errors.ts'
import { exists, listDir, lstat, makeDir } from '../disk/files.ts'
import type { State } from '../job/state.ts'

export const HOME_DIRS = [
  'pending',
  'scheduled',
  'processing',
  'failed',
  'dead',
  'done',
  'hold',
  'corrupt',
  'logs',
  'run',
  'journal',
  'tmp',
  'wake',
] as const
/** The directories that most homes do without. */
export const MADE_ON_USE = ['queues', 'limits', 'rates', 'schedules', 'fired', 'waiting', 'unique'] as const
export type HomeDir = (typeof HOME_DIRS)[number]
/** The directory of a state; `waiting` is made on first use. */
export type StateDir = HomeDir | 'waiting'

/** An opened home: the absolute path of each directory and file in it. */
export type Home = { readonly [D in HomeDir]: string } & {
  readonly root: string
  readonly config: string
  readonly ballast: string
  /** Settings and pauses of queues; made on first use. */
  readonly queues: string
  /** Which job has which number of a limit: `limits/<limit>/<n>/<entry>`; made on first use. */
  readonly limits: string
  /** When the last jobs of a queue that has a rate were started; made on first use. */
  readonly rates: string
  /** Schedules and their pauses; made on first use. */
  readonly schedules: string
  /** What schedules have done: `fired/<name>/<generation>/`; made on first use. */
  readonly fired: string
  /** Jobs that wait for others, each below the name of one of these: `waiting/<parent>/`; made on first use. */
  readonly waiting: string
  /** Which job has which unique key: `unique/<key>/<k>`; made on first use. */
  readonly unique: string
}

/** The directory of each state. */
export const STATE_DIR: Record<State, StateDir> = {
  waiting: 'waiting',
  pending: 'pending',
  scheduled: 'scheduled',
  processing: 'processing',
  failed: 'failed',
  held: 'hold',
  dead: 'dead',
  completed: 'done',
}

/**
 * Opens the home at this absolute path; creates what is missing of it. If we die in here: the next call creates the
 * rest.
 * @throws QueueError NOT_WRITABLE when it cannot be created or is a file; UNSAFE_HOME when others own it or may write
 * to it
 */
export function openHome(root: string): Home {
  try {
    const stats = lstat(root)
    if (stats?.isSymbolicLink()) return openHome(realpathSync(root))
    if (!checkDir(root, root, stats)) makeHome(root)
    for (const name of HOME_DIRS) if (!checkDir(root, join(root, name))) makeDir(join(root, name))
  } catch (error) {
    throw explained(error, `use ${root} as home`)
  }
  // Resolved once: every process names the same files by the same paths, wherever a symbolic link leads.
  return layout(realpathSync.native(root))
}

/**
 * Opens the home at this absolute path and makes none: where there is none, everything in it reads as empty.
 * @throws QueueError as {@link openHome}
 */
export function openHomeIfMade(root: string): Home {
  const home = layout(root)
  if (isMade(home)) return openHome(root)
  try {
    refuseUnsafe(home)
  } catch (error) {
    throw explained(error, `use ${root} as home`)
  }
  return home
}

/** Is there a home, perhaps with a part missing? Other directories have a `tmp` or `run` too. */
export const isMade = (home: Home): boolean =>
  exists(home.pending) || HOME_DIRS.filter((name) => exists(home[name])).length > HOME_DIRS.length / 2

/** Has any queue settings or a pause, or is there a schedule? Most homes have none. @param dirs where to look */
export const hasFilesIn = (dirs: readonly string[]): boolean =>
  dirs.some((dir) => exists(dir) && listDir(dir).length > 0)

/** Checks the home and its directories without creating anything. @throws QueueError UNSAFE_HOME, NOT_WRITABLE */
export function refuseUnsafe({ root }: Home): void {
  for (const path of [root, ...HOME_DIRS.map((name) => join(root, name))]) checkDir(root, path)
}

/** @throws QueueError FAILED when there is no home. */
export function requireHome({ root }: Home): void {
  if (!lstat(root)) throw new QueueError('FAILED', `there is no home in ${root}`, 'make one with: queuectl init')
}

/** The paths of a home, without a look at the disk. */
export function layout(root: string): Home {
  const dirs = Object.fromEntries(HOME_DIRS.map((name) => [name, join(root, name)])) as Record<HomeDir, string>
  return {
    ...dirs,
    root,
    config: join(root, 'config.json'),
    ballast: join(root, 'ballast'),
    queues: join(root, 'queues'),
    limits: join(root, 'limits'),
    rates: join(root, 'rates'),
    schedules: join(root, 'schedules'),
    fired: join(root, 'fired'),
    waiting: join(root, 'waiting'),
    unique: join(root, 'unique'),
  }
}

function makeHome(root: string): void {
  // Missing parents, as of ~/.local/state/queuectl, are no reason to fail. Existing ones are not checked.
  makeParents(resolve(root, '..'))
  makeDir(root)
}

function makeParents(path: string): void {
  if (lstat(path)) return
  makeParents(resolve(path, '..'))
  makeDir(path)
}

/**
 * Does the directory exist? Throws when it is unsafe: a user who may write to the home, or to a directory in it, can
 * run commands as its owner. ssh refuses its keys for the same reason.
 */
function checkDir(root: string, path: string, stats = lstat(path)): boolean {
  const problem = dirProblem(path, stats)
  if (problem === 'missing') return false
  if (problem === undefined) return true
  const { code, why, hint } = problem
  throw new QueueError(code, `cannot use ${root} as home: ${path === root ? 'it' : path} ${why}`, hint)
}

/** Is a directory there that is made on first use? @throws QueueError NOT_WRITABLE, UNSAFE_HOME when it cannot be used */
export function isInUse(home: Home, dir: (typeof MADE_ON_USE)[number]): boolean {
  const stats = lstat(home[dir])
  if (!stats) return false
  const isOurs = dir !== 'queues' && dir !== 'schedules'
  // It is set aside once a directory is needed there.
  if (isOurs && !stats.isDirectory() && lstat(`${home[dir]}/.`) === undefined) return false
  return checkDir(home.root, home[dir], stats)
}

/** Why a directory cannot be used; `why` follows its name in a message. */
export interface DirProblem {
  readonly code: 'NOT_WRITABLE' | 'UNSAFE_HOME'
  readonly why: string
  readonly hint: string
}

/** Why the home, or a directory in it, cannot be used; undefined when it can. */
export function dirProblem(path: string, stats = lstat(path)): DirProblem | 'missing' | undefined {
  if (!stats) return 'missing'
  // To what a link leads; undefined when that is nowhere.
  const found = stats.isSymbolicLink() ? lstat(`${path}/.`) : stats
  if (!found?.isDirectory())
    return {
      code: 'NOT_WRITABLE',
      why: 'is not a directory',
      hint: 'move it away, or name a directory with --home or QUEUECTL_HOME',
    }
  const uid = process.getuid?.()
  if (uid !== undefined && found.uid !== uid)
    return {
      code: 'UNSAFE_HOME',
      why: `belongs to another user (uid ${found.uid})`,
      hint: 'use a home of your own: --home or QUEUECTL_HOME',
    }
  if ((found.mode & 0o022) !== 0)
    return {
      code: 'UNSAFE_HOME',
      why: 'can be written to by others, who could run commands as you',
      hint: `chmod go-w ${path}`,
    }
  return undefined
}
