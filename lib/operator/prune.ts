/**
 * Removes finished jobs that are over the retention limits: selects them, and purges one after the other.
 *
 * Crash: as in `purge.ts`; the jobs not reached yet are pruned by the next prune or worker.
 */
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { nowMs } from '../clock.ts'
import {
  type Finished,
  isUnlimited,
  type KeepSettings,
  limitsOf,
  type RetentionLimits,
  surplus,
} from '../job/retention.ts'
import { isoTime, utcDay } from '../job/time.ts'
import { listDir, listRealDir, lstat, removeEmptyDir } from '../disk/files.ts'
import { doneDays, inDoneDay, type JobFile, jobFiles, readJobFile } from '../spool/scan.ts'
import { type Home, STATE_DIR } from '../spool/layout.ts'
import { waitedFor } from '../spool/doors.ts'
import { startPurge } from './purge.ts'
import { PRUNABLE, type Prunable } from '../job/state.ts'

/** After this many removals, or files read, other work of the process goes first. */
const BATCH_SIZE = 20
const READS_PER_TURN = 500

export type PruneCandidate = Finished & JobFile

export interface PruneOptions extends RetentionLimits {
  readonly states?: readonly Prunable[] | undefined
  /** Only jobs of this queue and with this tag; the limits apply among these. */
  readonly queue?: string | undefined
  readonly tag?: string | undefined
  /** Select the jobs, and remove nothing. */
  readonly dryRun?: boolean
  /** Ends it; what is removed by then stays so. */
  readonly signal?: AbortSignal
  /** Called for each job removed. */
  readonly pruned?: (job: PrunedJob) => void
}

export interface PrunedJob {
  readonly id: string
  readonly state: Prunable
  /** ISO 8601, UTC. */
  readonly settled_at: string
}

/** Prunes by the given limits; without any, by the settings. */
export async function prune(home: Home, options: PruneOptions, config: KeepSettings): Promise<PrunedJob[]> {
  const { dryRun = false, pruned = () => {}, signal } = options
  signal?.throwIfAborted()
  const given = isUnlimited(options) ? undefined : options
  const states = options.states ?? (given ? (['completed'] as const) : PRUNABLE)
  const gone: PrunedJob[] = []
  for (const one of states) {
    const all = await pruneCandidates(home, {
      state: one,
      limits: given ?? limitsOf(config, one),
      now: nowMs(),
      queue: options.queue,
      tag: options.tag,
    })
    for await (const { name, at } of dryRun ? all : pruneAll(home, one, all, nowMs())) {
      const job = { id: name.id, state: one, settled_at: isoTime(at / 1000) }
      gone.push(job)
      pruned(job)
      signal?.throwIfAborted()
    }
  }
  return gone
}

/** Which jobs to check against which limits. */
export interface PruneSearch extends Pick<PruneOptions, 'queue' | 'tag'> {
  readonly state: Prunable
  readonly limits: RetentionLimits
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** The jobs over a limit, oldest first. */
export async function pruneCandidates(home: Home, search: PruneSearch): Promise<PruneCandidate[]> {
  const { state, limits, now, queue, tag } = search
  if (isUnlimited(limits)) return []
  const finished: PruneCandidate[] = []
  const kept = waitedFor(home)
  for (const file of candidates(home, state, limits, now)) {
    // Skip a job that an operator holds, one that others wait for, and a dropped file, which is no job yet.
    if (file.holder !== undefined || file.dropped || kept.has(file.name.id)) continue
    if (queue !== undefined && file.name.queue !== queue) continue
    if (tag !== undefined && !readJobFile(file)?.job?.tags?.includes(tag)) continue
    const bytes = limits.maxBytes === undefined ? 0 : diskBytes(file.path) + outputBytes(home, file.name.id)
    finished.push({ ...file, at: file.name.due, bytes })
    if (finished.length % READS_PER_TURN === 0) await setImmediate()
  }
  return surplus(finished, limits, now)
}

/** Completed jobs that only an age limits need not be listed for the days that are too recent. */
function* candidates(home: Home, state: Prunable, limits: RetentionLimits, now: number): Generator<JobFile> {
  const { olderThan, keep, maxBytes } = limits
  if (state !== 'completed' || olderThan === undefined || keep !== undefined || maxBytes !== undefined)
    return yield* jobFiles(home, [state])
  const last = utcDay(now - olderThan * 1000)
  for (const day of doneDays(home)) if (day <= last) yield* inDoneDay(home, day)
}

/**
 * Removes jobs one by one, and yields each that was removed. @param now milliseconds since the epoch
 * @throws the first failure, once all have been tried
 */
export async function* pruneAll(
  home: Home,
  state: Prunable,
  all: readonly PruneCandidate[],
  now: number,
): AsyncGenerator<PruneCandidate> {
  if (all.length === 0) return
  const session = await startPurge(home, STATE_DIR[state])
  let tried = 0
  const failures: unknown[] = []
  try {
    for (const one of all) {
      try {
        if (session.purge(one) === 'purged') yield one
      } catch (error) {
        // It stays; the others are pruned all the same.
        failures.push(error)
      }
      if (++tried % BATCH_SIZE === 0) await setImmediate()
    }
  } finally {
    session.close()
  }
  if (state === 'completed') removeEmptyDays(home, now)
  if (failures.length > 0) throw failures[0]
}

/** Removes empty days of `done/`, but not the last two, into which a job may be moved just now. */
function removeEmptyDays(home: Home, now: number): void {
  const recent = utcDay(now - 86_400_000)
  for (const day of listDir(home.done))
    if (/^\d{4}-\d\d-\d\d$/.test(day) && day < recent) removeEmptyDir(join(home.done, day))
}

const outputBytes = (home: Home, id: string): number => {
  const dir = join(home.logs, id)
  return listRealDir(dir).reduce((sum, name) => sum + diskBytes(join(dir, name)), 0)
}

/** How much a file takes on disk (bytes): less than its size if a hole was punched into it. */
function diskBytes(path: string): number {
  const stats = lstat(path)
  if (!stats) return 0
  return stats.blocks > 0 ? Math.min(stats.size, stats.blocks * 512) : stats.size
}
