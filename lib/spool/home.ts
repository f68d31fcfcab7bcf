/**
 * The state directory: where it is, what lies in it, and whether it is safe to use.
 *
 * Every path inside it is spelled here, once; only this room asks for them.
 */
import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { explained, QueueError } from '../errors.ts'
import type { State } from '../job/job.ts'
import { look, makeDir } from './files.ts'

const PLACES = [
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
export type Place = (typeof PLACES)[number]

/** An opened state directory: the absolute path of each place in it. */
export type Home = { readonly [P in Place]: string } & {
  readonly root: string
  readonly config: string
  readonly ballast: string
}

/** The directory of each state. */
export const PLACE_OF: Record<State, Place> = {
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
    if (look(root)?.isSymbolicLink()) return openHome(realpathSync(root))
    if (!isThere(root, root)) makeHome(root)
    for (const place of PLACES) if (!isThere(root, join(root, place))) makeDir(join(root, place))
  } catch (error) {
    throw explained(error, `use ${root} as home`)
  }
  return layout(root)
}

/** The paths of a home that is known to be there. */
export function layout(root: string): Home {
  const places = Object.fromEntries(PLACES.map((place) => [place, join(root, place)])) as Record<Place, string>
  return { ...places, root, config: join(root, 'config.json'), ballast: join(root, 'ballast') }
}

function makeHome(root: string): void {
  // Parents of a chosen home are the user's business, but a missing ~/.config-like chain is no reason to fail.
  makeParents(resolve(root, '..'))
  makeDir(root)
}

function makeParents(path: string): void {
  if (look(path)) return
  makeParents(resolve(path, '..'))
  makeDir(path)
}

/**
 * Is there a directory? Then it must be a safe one. Whoever may write to the home, or to a place in it, may run
 * commands as its owner: refused, as ssh does with its keys.
 */
function isThere(root: string, path: string): boolean {
  const named = look(path)
  if (!named) return false
  const found = named.isSymbolicLink() ? look(realpathSync(path)) : named
  const refuse = (code: 'NOT_WRITABLE' | 'UNSAFE_HOME', why: string, hint: string): QueueError =>
    new QueueError(code, `cannot use ${root} as home: ${path === root ? 'it' : path} ${why}`, hint)
  if (!found?.isDirectory())
    throw refuse('NOT_WRITABLE', 'is not a directory', 'name a directory with --home or QUEUECTL_HOME')
  const me = process.getuid?.()
  if (me !== undefined && found.uid !== me)
    throw refuse(
      'UNSAFE_HOME',
      `belongs to another user (uid ${found.uid})`,
      'use a home of your own: --home or QUEUECTL_HOME',
    )
  if ((found.mode & 0o022) !== 0)
    throw refuse('UNSAFE_HOME', 'can be written to by others, who could run commands as you', `chmod go-w ${path}`)
  return true
}
