/**
 * Changes that only rename a job's file: hold, release, priority, queue, top. The name overrides the content, so each is one
 * rename, as with `mv`; a worker that claims the job at the same time either has it or has lost it. The content follows
 * at the next stamp.
 *
 * Crash: the job is whole, under its old or its new name. A power cut may undo the rename, unless `durability` is full.
 */
import { basename, dirname, join } from 'node:path'
import { nowMicros } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { formatName, type JobName, parseName, PRIORITY_LIMIT, whyNotQueue } from '../job/file-name.ts'
import { actOn, type ChangeOptions, wrongState } from './take.ts'
import { eachName, exists, moveOrFind } from '../disk/files.ts'
import type { JobFile } from '../spool/scan.ts'
import { flushDir, flushesMoves } from '../disk/sync.ts'
import { type Home, STATE_DIR } from '../spool/layout.ts'
import type { JobRef } from '../query/list.ts'
import type { JobRefOrId } from '../query/resolve.ts'
import { findExact } from '../spool/lookup.ts'
import { moveInto } from '../spool/transitions.ts'
import { ring } from '../spool/wakeup.ts'
import { DEFAULTS } from '../config/schema.ts'
import { shownState, type State, isAllowed, type Verb } from '../job/state.ts'

/** States in which no worker works on a job. */
type Resting = Exclude<State, 'processing' | 'completed'>

/** Changes a job's priority. @throws QueueError USAGE, NOT_FOUND, WRONG_STATE */
export async function prioritize(
  home: Home,
  target: JobRefOrId,
  priority: number,
  how: ChangeOptions = {},
): Promise<JobRef> {
  if (!Number.isInteger(priority) || Math.abs(priority) > PRIORITY_LIMIT)
    throw new QueueError('USAGE', `a priority is a whole number from -${PRIORITY_LIMIT} to ${PRIORITY_LIMIT}`)
  return rename(home, target, { verb: 'priority', doing: 'change the priority of', members: { priority } }, how)
}

/** Moves a job to another queue. @throws QueueError USAGE, NOT_FOUND, WRONG_STATE */
export async function moveToQueue(
  home: Home,
  target: JobRefOrId,
  queue: string,
  how: ChangeOptions = {},
): Promise<JobRef> {
  const why = whyNotQueue(queue)
  if (why) throw new QueueError('USAGE', `cannot move to the queue ${JSON.stringify(queue)}: ${why}`)
  return rename(home, target, { verb: 'move', doing: 'move', members: { queue } }, how)
}

function rename(
  home: Home,
  target: JobRefOrId,
  { verb, doing, members }: { readonly verb: Verb; readonly doing: string; readonly members: Partial<JobName> },
  how: ChangeOptions,
): Promise<JobRef> {
  return actOn(home, target, doing, (file) => {
    requireState(verb, doing, file)
    refuseDropped(doing, file)
    const to = file.state as Resting
    const dir = dirname(file.path)
    const fileName = formatName({ ...file.name, ...members })
    // The line might be too long, or be read as another.
    if (parseName(fileName)?.queue !== (members.queue ?? file.name.queue))
      throw new QueueError(
        'USAGE',
        `cannot ${doing} ${file.name.id}: it has a key, which cannot stand after this queue in a file name`,
      )
    return renameJob(home, file, { to, dir, fileName, doing }, how)
  })
}

/**
 * Puts a waiting job before all pending ones; if it was scheduled or failed, it becomes due now.
 * @throws QueueError NOT_FOUND, WRONG_STATE
 */
export const putOnTop = (home: Home, target: JobRefOrId, how: ChangeOptions = {}): Promise<JobRef> =>
  actOn(home, target, 'put on top', (file) => {
    requireState('top', 'put on top', file)
    refuseDropped('put on top', file)
    return renameJob(home, file, { to: 'pending', fileName: formatName(onTop(home, file)), doing: 'put on top' }, how)
  })

/** The name that sorts before all others in `pending/`: the priority of the first, and due just before it. */
function onTop(home: Home, { name, fileName, state }: JobFile): JobName {
  let first: string | undefined
  for (const other of eachName(home.pending))
    if (other !== fileName && (first === undefined || other < first) && parseName(other)) first = other
  const best = first === undefined ? undefined : parseName(first)
  const due = state === 'pending' ? name.due : Math.min(name.due, nowMicros())
  if (!best || best.priority < name.priority) return { ...name, due }
  return { ...name, priority: best.priority, due: Math.min(due, best.due - 1) }
}

/** @param doing the verb for error messages @throws QueueError WRONG_STATE */
export function requireState(verb: Verb, doing: string, file: JobFile): void {
  if (isAllowed(verb, file.state)) return
  if (file.state === 'held') throw wrongState(doing, file, 'it is held', `release it: queuectl release ${file.name.id}`)
  if (file.state === 'processing')
    throw wrongState(doing, file, 'it is running', `end it with: queuectl cancel ${file.name.id}`)
  if (file.state === 'waiting')
    throw wrongState(doing, file, 'it waits for other jobs', `see which: queuectl deps ${file.name.id}`)
  throw wrongState(doing, file, `it is ${shownState(file.state)}`)
}

/** The job must be one that no worker works on, and taken in. @throws QueueError WRONG_STATE */
export function requireChangeable(doing: string, file: JobFile): void {
  requireState('edit', doing, file)
  refuseDropped(doing, file)
}

/** @throws QueueError WRONG_STATE */
function refuseDropped(doing: string, file: JobFile): void {
  if (!file.dropped) return
  const why = 'no worker has taken in its file yet'
  throw wrongState(doing, file, why, `change ${file.path} with an editor, or start a worker`)
}

/** The new state and name of a job, and the verb for error messages. */
export interface RenameTarget {
  readonly to: Resting
  /** The directory it goes to; default: that of the state. */
  readonly dir?: string
  readonly fileName: string
  readonly doing: string
}

/**
 * Has a worker taken on what was renamed into `pending/`, whatever the rename was answered? It claims a job under its
 * name in `pending/`; and a job that was in another state runs only once it was moved there.
 */
function isTakenOn(home: Home, { name: { id }, path, state }: JobFile, to: string): boolean {
  if (dirname(to) !== home.pending || path === to || exists(path)) return false
  const found = findExact(home, id)
  const hasRun = state !== 'pending' && found !== undefined && found.state !== 'held' && found.state !== 'scheduled'
  return hasRun || found?.fileName === basename(to)
}

/** Renames a job's file; undefined when the job has moved. */
export async function renameJob(
  home: Home,
  file: JobFile,
  { to, fileName, doing, dir = home[STATE_DIR[to]] }: RenameTarget,
  { dryRun, durability = DEFAULTS.durability }: ChangeOptions,
): Promise<JobRef | undefined> {
  const { id } = file.name
  const path = join(dir, fileName)
  const isSame = path === file.path
  if (!isSame && exists(path) && exists(file.path))
    throw new QueueError('FAILED', `cannot ${doing} ${id}: ${path} is there already`, 'one of the two is a copy')
  if (dryRun) return { id, state: file.state, path: file.path }
  // If we die after this: the job is changed, and no event is recorded.
  const act = (): boolean => (isSame ? exists(path) : moveInto(home, file.path, path))
  if (!moveOrFind(act, () => isTakenOn(home, file, path))) return undefined
  if (flushesMoves(durability)) await flushDir(dir)
  // Workers do not watch these directories as they do pending/.
  if (to !== 'pending') ring(home)
  return { id, state: to, path }
}
