/**
 * Changes that need no more than another name: hold, release, another priority or queue, to the top. The name wins over
 * the content, so each is one rename, the same that a person may do with `mv`, and a worker that claims the job at that
 * moment either has it or has lost it. The content follows at the next stamp.
 *
 * Crash: the job lies where it was or where it is to be, whole. A power cut may undo the rename, unless `durability` is full.
 */
import { join } from 'node:path'
import { nowMicros } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { shownState, type State } from '../job/job.ts'
import { formatName, type JobName, parseName, PRIORITY_LIMIT, whyNotQueue } from '../job/file-name.ts'
import { actOn, forbidden, type How } from './take.ts'
import { eachName, exists } from '../disk/files.ts'
import type { Sighting } from '../spool/scan.ts'
import { flushDir, flushesMoves } from '../disk/sync.ts'
import { type Home, PLACE_OF } from '../spool/layout.ts'
import type { Seen } from '../query/list.ts'
import type { Meant } from '../query/resolve.ts'
import { moveInto } from '../spool/transitions.ts'
import { ring } from '../spool/wakeup.ts'
import { DEFAULTS } from '../config/schema.ts'

/** States a job can be in and not be wanted by anybody at this moment. */
type Resting = Exclude<State, 'processing' | 'completed'>

/** What may be held; the states of the other changes contain these. */
export const WAITING: readonly State[] = ['pending', 'scheduled', 'failed']
export const CHANGEABLE: readonly State[] = [...WAITING, 'held', 'dead']

/** Gives a job another priority. @throws QueueError USAGE, NOT_FOUND, WRONG_STATE */
export async function prioritize(home: Home, meant: Meant, priority: number, how: How = {}): Promise<Seen> {
  if (!Number.isInteger(priority) || Math.abs(priority) > PRIORITY_LIMIT)
    throw new QueueError('USAGE', `a priority is a whole number from -${PRIORITY_LIMIT} to ${PRIORITY_LIMIT}`)
  return rename(home, meant, 'change the priority of', { priority }, how)
}

/** Gives a job to another queue. @throws QueueError USAGE, NOT_FOUND, WRONG_STATE */
export async function moveToQueue(home: Home, meant: Meant, queue: string, how: How = {}): Promise<Seen> {
  const why = whyNotQueue(queue)
  if (why) throw new QueueError('USAGE', `cannot move to the queue ${JSON.stringify(queue)}: ${why}`)
  return rename(home, meant, 'move', { queue }, how)
}

function rename(home: Home, meant: Meant, doing: string, changed: Partial<JobName>, how: How): Promise<Seen> {
  return actOn(home, meant, doing, (seen) => {
    demandChangeable(doing, seen)
    const to = seen.state as Resting
    return rearrange(home, seen, to, formatName({ ...seen.name, ...changed }), doing, how)
  })
}

/**
 * Lets a waiting job run before all others that are pending; one that waits for its time waits no longer.
 * @throws QueueError NOT_FOUND, WRONG_STATE
 */
export const putOnTop = (home: Home, meant: Meant, how: How = {}): Promise<Seen> =>
  actOn(home, meant, 'put on top', (seen) => {
    demand(WAITING, 'put on top', seen)
    refuseDropped('put on top', seen)
    return rearrange(home, seen, 'pending', formatName(onTop(home, seen)), 'put on top', how)
  })

/** The name that sorts before all others in `pending/`: the priority of the first, and due just before it. */
function onTop(home: Home, { name, fileName, state }: Sighting): JobName {
  let first: string | undefined
  for (const other of eachName(home.pending))
    if (other !== fileName && (first === undefined || other < first) && parseName(other)) first = other
  const best = first === undefined ? undefined : parseName(first)
  const due = state === 'pending' ? name.due : Math.min(name.due, nowMicros())
  if (!best || best.priority < name.priority) return { ...name, due }
  return { ...name, priority: best.priority, due: Math.min(due, best.due - 1) }
}

/** @throws QueueError WRONG_STATE */
export function demand(states: readonly State[], doing: string, seen: Sighting): void {
  if (states.includes(seen.state)) return
  if (seen.state === 'held') throw forbidden(doing, seen, 'it is held', `release it: queuectl release ${seen.name.id}`)
  if (seen.state === 'processing')
    throw forbidden(doing, seen, 'it is running', `end it with: queuectl cancel ${seen.name.id}`)
  throw forbidden(doing, seen, `it is ${shownState(seen.state)}`)
}

/** Only a job that nobody wants at this moment is changed. @throws QueueError WRONG_STATE */
export function demandChangeable(doing: string, seen: Sighting): void {
  demand(CHANGEABLE, doing, seen)
  refuseDropped(doing, seen)
}

/** @throws QueueError WRONG_STATE */
function refuseDropped(doing: string, seen: Sighting): void {
  if (!seen.foreign) return
  const why = 'no worker has taken in its file yet'
  throw forbidden(doing, seen, why, `change ${seen.path} with an editor, or start a worker`)
}

/** One rename. Undefined: the job has moved on. */
export async function rearrange(
  home: Home,
  seen: Sighting,
  to: Resting,
  fileName: string,
  doing: string,
  { dryRun, durability = DEFAULTS.durability }: How,
): Promise<Seen | undefined> {
  const { id } = seen.name
  const dir = home[PLACE_OF[to]]
  const path = join(dir, fileName)
  const isSame = path === seen.path
  if (!isSame && exists(path) && exists(seen.path))
    throw new QueueError('FAILED', `cannot ${doing} ${id}: ${path} is there already`, 'one of the two is a copy')
  if (dryRun) return { id, state: seen.state, path: seen.path }
  // If we die after this: as asked, though nobody was told.
  if (!(isSame ? exists(path) : moveInto(home, seen.path, dir, fileName))) return undefined
  if (flushesMoves(durability)) await flushDir(dir)
  // What waits for its time is not watched as pending/ is.
  if (to === 'scheduled' || to === 'failed') ring(home)
  return { id, state: to, path }
}
