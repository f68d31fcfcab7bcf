/**
 * The state directory: where it is, what lies in it, and whether it is safe to use.
 *
 * Every path inside it is spelled here, once; only this room asks for them.
 */
import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { explained, QueueError } from '../errors.ts'
import { lstat, makeDir } from '../disk/files.ts'
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
export type HomeDir = (typeof HOME_DIRS)[number]

/** An opened state directory: the absolute path of each place in it. */
export type Home = { readonly [P in HomeDir]: string } & {
  readonly root: string
  readonly config: string
  readonly ballast: string
}

/** The directory of each state. */
export const STATE_DIR: Record<State, HomeDir> = {
  pending: 'pending',
  scheduled: 'scheduled',
  processing: 'processing',
  failed: 'failed',
  held: 'hold',
  dead: 'dead',
  completed: 'done',
}

/**
 * Opens the home at this absolute path, making what is missing of it.
 * @throws QueueError NOT_WRITABLE when it cannot be made or is a file, UNSAFE_HOME when others own it or may write to it.
 */
export function openHome(root: string): Home {
  try {
    if (lstat(root)?.isSymbolicLink()) return openHome(realpathSync(root))
    if (!checkDir(root, root)) makeHome(root)
    for (const place of HOME_DIRS) if (!checkDir(root, join(root, place))) makeDir(join(root, place))
  } catch (error) {
    throw explained(error, `use ${root} as home`)
  }
  // Resolved once: every process names the same files by the same paths, wherever a symbolic link leads.
  return layout(realpathSync.native(root))
}

/** @throws QueueError UNSAFE_HOME, NOT_WRITABLE when the home, or what there is of it, may not be used. */
export function refuseUnsafe({ root }: Home): void {
  for (const path of [root, ...HOME_DIRS.map((place) => join(root, place))]) checkDir(root, path)
}

/** @throws QueueError FAILED when there is no home. */
export function requireHome({ root }: Home): void {
  if (!lstat(root)) throw new QueueError('FAILED', `there is no home in ${root}`, 'make one with: queuectl init')
}

/** The paths of a home that is known to be there. */
export function layout(root: string): Home {
  const places = Object.fromEntries(HOME_DIRS.map((place) => [place, join(root, place)])) as Record<HomeDir, string>
  return { ...places, root, config: join(root, 'config.json'), ballast: join(root, 'ballast') }
}

function makeHome(root: string): void {
  // Parents of a chosen home are the user's business, but a missing ~/.config-like chain is no reason to fail.
  makeParents(resolve(root, '..'))
  makeDir(root)
}

function makeParents(path: string): void {
  if (lstat(path)) return
  makeParents(resolve(path, '..'))
  makeDir(path)
}

/**
 * Is there a directory? Then it must be a safe one. Whoever may write to the home, or to a place in it, may run
 * commands as its owner: refused, as ssh does with its keys.
 */
function checkDir(root: string, path: string): boolean {
  const objection = dirProblem(path)
  if (objection === 'missing') return false
  if (objection === undefined) return true
  const { code, why, hint } = objection
  throw new QueueError(code, `cannot use ${root} as home: ${path === root ? 'it' : path} ${why}`, hint)
}

/** Why a directory cannot be used; said after its name. */
export interface DirProblem {
  readonly code: 'NOT_WRITABLE' | 'UNSAFE_HOME'
  readonly why: string
  readonly hint: string
}

/** Why the home, or a place in it, cannot be used; undefined when it can. */
export function dirProblem(path: string): DirProblem | 'missing' | undefined {
  const named = lstat(path)
  if (!named) return 'missing'
  const found = named.isSymbolicLink() ? lstat(realpathSync(path)) : named
  if (!found?.isDirectory())
    return {
      code: 'NOT_WRITABLE',
      why: 'is not a directory',
      hint: 'name a directory with --home or QUEUECTL_HOME',
    }
  const me = process.getuid?.()
  if (me !== undefined && found.uid !== me)
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
