/**
 * Removing finished jobs that nobody wants to keep any longer: which ones, and one after the other.
 *
 * Crash: as `purge.ts`; what was not reached is pruned the next time, by anybody.
 */
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { nowMs } from '../clock.ts'
import {
  type Finished,
  isUnlimited,
  type KeepSettings,
  type Limits,
  limitsOf,
  PRUNABLE,
  type Prunable,
  surplus,
} from '../job/retention.ts'
import { isoTime, utcDay } from '../job/time.ts'
import { look, names, removeEmptyDir } from '../disk/files.ts'
import { doneDays, inDoneDay, readSighted, type Sighting, sightings } from '../spool/scan.ts'
import { type Home, PLACE_OF } from '../spool/layout.ts'
import { purger } from './purge.ts'

/** So many removals, or looks, then whatever else the process has to do. */
const STEP = 20
const LOOKS = 500

export type Doomed = Finished & Sighting

export interface PruneOptions extends Limits {
  readonly states?: readonly Prunable[] | undefined
  /** Only among those of this queue, or with this tag: the newest of these stay. */
  readonly queue?: string | undefined
  readonly tag?: string | undefined
  /** Say which, and change nothing. */
  readonly dryRun?: boolean
  readonly pruned?: (job: Pruned) => void
}

export interface Pruned {
  readonly id: string
  readonly state: Prunable
  readonly settled_at: string
}

/** Prunes by the limits given; without any by what is set. */
export async function prune(home: Home, options: PruneOptions, config: KeepSettings): Promise<Pruned[]> {
  const { dryRun = false, pruned = () => {} } = options
  const given = isUnlimited(options) ? undefined : options
  const states = options.states ?? (given ? (['completed'] as const) : PRUNABLE)
  const gone: Pruned[] = []
  for (const one of states) {
    const all = await doomed(home, one, given ?? limitsOf(config, one), nowMs(), options)
    for await (const { name, at } of dryRun ? all : pruneAll(home, one, all, nowMs())) {
      const job = { id: name.id, state: one, settled_at: isoTime(at / 1000) }
      gone.push(job)
      pruned(job)
    }
  }
  return gone
}

/** The jobs of a state that are over a limit, oldest first. `now` in milliseconds. */
export async function doomed(
  home: Home,
  state: Prunable,
  limits: Limits,
  now: number,
  { queue, tag }: Pick<PruneOptions, 'queue' | 'tag'> = {},
): Promise<Doomed[]> {
  if (isUnlimited(limits)) return []
  const finished: Doomed[] = []
  for (const seen of candidates(home, state, limits, now)) {
    // What somebody is changing at this moment is left to him, and what nobody has taken in is no job yet.
    if (seen.holder !== undefined || seen.foreign) continue
    if (queue !== undefined && seen.name.queue !== queue) continue
    if (tag !== undefined && !readSighted(seen)?.job?.tags?.includes(tag)) continue
    const bytes = limits.maxBytes === undefined ? 0 : roomOf(seen.path) + roomOfOutput(home, seen.name.id)
    finished.push({ ...seen, at: seen.name.due, bytes })
    if (finished.length % LOOKS === 0) await setImmediate()
  }
  return surplus(finished, limits, now)
}

/** Where nothing but age counts, the days that are too young need not be read. */
function* candidates(home: Home, state: Prunable, limits: Limits, now: number): Generator<Sighting> {
  const { olderThan, keep, maxBytes } = limits
  if (state !== 'completed' || olderThan === undefined || keep !== undefined || maxBytes !== undefined)
    return yield* sightings(home, [state])
  const last = utcDay(now - olderThan * 1000)
  for (const day of doneDays(home)) if (day <= last) yield* inDoneDay(home, day)
}

/** Removes them one by one, and yields what is gone. */
export async function* pruneAll(
  home: Home,
  state: Prunable,
  all: readonly Doomed[],
  now: number,
): AsyncGenerator<Doomed> {
  if (all.length === 0) return
  const place = purger(home, PLACE_OF[state])
  let tried = 0
  try {
    for (const one of all) {
      if (place.purge(one)) yield one
      if (++tried % STEP === 0) await setImmediate()
    }
  } finally {
    place.done()
  }
  if (state === 'completed') removeEmptyDays(home, now)
}

/** Days of `done/` in which nothing is left; not the last two, into which a job may be moved at this moment. */
function removeEmptyDays(home: Home, now: number): void {
  const recent = utcDay(now - 86_400_000)
  for (const day of names(home.done))
    if (/^\d{4}-\d\d-\d\d$/.test(day) && day < recent) removeEmptyDir(join(home.done, day))
}

const roomOfOutput = (home: Home, id: string): number => {
  const dir = join(home.logs, id)
  return names(dir).reduce((sum, name) => sum + roomOf(join(dir, name)), 0)
}

/** What a file takes on the disk: less than its size when its middle was punched out. */
function roomOf(path: string): number {
  const stats = look(path)
  if (!stats) return 0
  return stats.blocks > 0 ? Math.min(stats.size, stats.blocks * 512) : stats.size
}
