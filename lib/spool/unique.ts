/**
 * Sees to it that of any number of enqueues of one unique key at once exactly one makes a job.
 *
 * `unique/<key>/<k>` is a link to a file that names the job and the process that enqueues it. The highest k has the key,
 * as long as its job counts. Links stay: a process that judged k may only create k + 1, so exactly one of those that find
 * the key free wins. `<k>.used` says that the job was published.
 *
 * Crash: the link of a process that died before it published its job has no job, and keeps nobody out.
 */
import { join, relative } from 'node:path'
import { monotonicMs, nowMs } from '../clock.ts'
import { QueueError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import { keepsOut, slugOfKey } from '../job/unique.ts'
import {
  discard,
  exists,
  linkNew,
  listRealDir,
  lstat,
  readText,
  remove,
  removeEmptyDir,
  writeNew,
} from '../disk/files.ts'
import { type Identity, ownIdentity } from '../disk/process.ts'
import { scratchPath } from '../disk/scratch.ts'
import { syncDir } from '../disk/sync.ts'
import { makeRealDir } from './corrupt.ts'
import type { Home } from './layout.ts'
import { findExact } from './lookup.ts'
import { type KeyedJob, NotUnique, type TakeKey } from './not-unique.ts'
import { isReserving } from './reservation.ts'
import { readJobFile } from './scan.ts'

/** Who took a key: the process, the job, and what that process cannot publish it without. */
interface Holder extends Identity {
  readonly job: string
  readonly file?: string
}

/** How long (ms) we wait for the job of a process that is enqueueing it. */
const PATIENCE_MS = 10_000
const STEP_MS = 20
/** So many links of a key stay, for those that judge one slowly. */
const KEPT = 64
const DAY_MS = 86_400_000
/** A sweep looks at so many keys. */
const SWEPT = 20

export const takeKey: TakeKey = (home, wanted, { file, durable, patienceMs = PATIENCE_MS }) => {
  const dir = join(home.unique, slugOfKey(wanted.unique))
  const aside = scratchPath(home.tmp, 'unique', 'reserved')
  const needs = file === undefined ? {} : { file: relative(home.root, file) }
  writeNew(aside, JSON.stringify({ ...ownIdentity(), job: wanted.id, ...needs } satisfies Holder), durable)
  try {
    for (const since = monotonicMs(); ; ) {
      makeRealDir(home, home.unique)
      makeRealDir(home, dir)
      const last = highest(dir)
      const judged = last > 0 ? judge(home, join(dir, String(last)), wanted) : 'free'
      if (typeof judged === 'object') {
        if (monotonicMs() - since >= patienceMs)
          throw new QueueError(
            'FAILED',
            `cannot enqueue a job with the unique key ${wanted.unique}: process ${judged.pid} is enqueueing one and has not ended`,
            'try again later',
          )
        pause(STEP_MS)
        continue
      }
      const link = join(dir, String(last + 1))
      // If we die after this: a link without a job, which keeps nobody out.
      if (!tryLink(aside, link)) continue
      // It may be the number of one that was swept while we judged.
      if (highest(dir) !== last + 1 || (last > 0 && !exists(join(dir, String(last))))) {
        remove(link)
        continue
      }
      for (let old = last + 1 - KEPT; old > 0 && remove(join(dir, String(old))); old--) remove(join(dir, `${old}.used`))
      if (durable) for (const flushed of [dir, home.unique, home.root]) syncDir(flushed)
      return { use: () => void tryLink(link, `${link}.used`), giveUp: () => void remove(link) }
    }
  } finally {
    discard(aside)
  }
}

/** False when another was first, or the directory has gone. */
function tryLink(from: string, link: string): boolean {
  try {
    return linkNew(from, link)
  } catch (error) {
    if (exists(from) && !exists(join(link, '..'))) return false
    throw error
  }
}

const highest = (dir: string): number =>
  Math.max(0, ...listRealDir(dir).map((name) => (/^\d{1,9}$/.test(name) ? Number(name) : 0)))

/** What the newest link says: the key is free, or a process is about to publish its job. @throws NotUnique */
function judge(home: Home, link: string, { id, unique, unique_while: whilst }: KeyedJob): 'free' | Holder {
  const holder = readHolder(link)
  // Its job is the one that we bring back.
  if (holder === undefined || holder.job === id) return 'free'
  const isComing = mayBeComing(home, link)
  // After the look at its process: what it has published by then is seen.
  const job = jobOf(home, holder.job, unique)
  if (!job) return isComing ? holder : 'free'
  if (keepsOut(job, whilst, nowMs())) throw new NotUnique(unique, job)
  return 'free'
}

const mayBeComing = (home: Home, link: string): boolean => !exists(`${link}.used`) && isReserving(home, link, undefined)

function readHolder(link: string): Holder | undefined {
  try {
    const holder = JSON.parse(readText(link) ?? 'null') as Holder | null
    return typeof holder?.job === 'string' ? holder : undefined
  } catch (error) {
    // Torn by a power cut, which its job did not survive either. Whatever else it is, we cannot tell.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The job with this id, if it has this key: it may be another's id by now, or have been edited. */
function jobOf(home: Home, id: string, key: string): Job | undefined {
  for (let file = findExact(home, id); file; file = findExact(home, id)) {
    const content = readJobFile(file)
    if (!content) continue
    if (!content.job)
      throw new QueueError(
        'FAILED',
        `cannot tell whether the unique key ${key} is free: the job ${id} that took it cannot be read`,
        'see what is wrong with: queuectl doctor',
      )
    return content.job.unique === key ? { ...content.job, state: file.state } : undefined
  }
  return undefined
}

const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

/** Removes some of the keys that were not taken for a day and whose job is gone. If we die in here: the rest later. */
export function sweepKeys(home: Home, now: number): void {
  const old = listRealDir(home.unique)
    .map((name) => join(home.unique, name))
    .filter((dir) => now - (lstat(dir)?.mtimeMs ?? now) > DAY_MS)
  for (const dir of old.slice(0, SWEPT)) {
    const last = highest(dir)
    const holder = readHolder(join(dir, String(last)))
    if (holder && (mayBeComing(home, join(dir, String(last))) || findExact(home, holder.job))) continue
    // The highest last: who judged it sees that it has gone.
    for (let k = Math.max(1, last - KEPT); k <= last; k++)
      for (const name of [`${k}.used`, `${k}`]) remove(join(dir, name))
    removeEmptyDir(dir)
  }
}
