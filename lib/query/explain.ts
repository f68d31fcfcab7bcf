/** Explains why a job is not running: every reason that is visible on disk, in the order they must be cleared. */
import { heldSentence, lifeOf, processesOf } from '../run/run-life.ts'
import { runPaths } from '../run/paths.ts'
import { readConfig } from '../config/file.ts'
import { dueOf } from '../spool/transitions.ts'
import { readMark, tracedRuns } from '../run/traces.ts'
import { join } from 'node:path'
import { nowMs } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { type Block, type Condition, holds, openConditions, type ParentState, type When } from '../job/after.ts'
import { waitBefore } from '../job/eta.ts'
import type { Job } from '../job/job.ts'
import { pauseOf, type Pauses, type QueuePause } from '../job/pause.ts'
import {
  type AllSettings,
  isUnreadable,
  keyOfLimit,
  queueOfLimit,
  ratesForQueue,
  readableSettings,
  unreadableOf,
} from '../job/queue-settings.ts'
import { labelIn, type JobLine, parseName } from '../job/file-name.ts'
import { takesQueue } from '../job/takes.ts'
import { isoTime } from '../job/time.ts'
import { newestEvents } from '../journal/journal.ts'
import { eachName, listDir } from '../disk/files.ts'
import { reasonOf } from '../spool/corrupt.ts'
import { type JobFile, jobFileAt, readJobFile } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import type { JobRefOrId } from './resolve.ts'
import { diskSpace } from '../disk/space.ts'
import { blockOf, firstToRetry, stateOfParent } from '../spool/doors.ts'
import { readPauses, readQueueSettings, settingsPath } from '../spool/queue-files.ts'
import { untilKnownRate } from '../spool/rates.ts'
import { fullLimits, type NumberInfo } from './limits.ts'
import { isAnswering } from '../spool/silence.ts'
import { type WorkerInfo, workersOf } from './workers.ts'
import type { State } from '../job/state.ts'
import { findMatches } from '../spool/lookup.ts'

export interface OpenCondition {
  readonly id: string
  readonly when: When
  readonly is: ParentState
  /** It has ended otherwise than it must, and this one waits on: until this job, that one or one before it, was retried. */
  readonly until_retry_of?: string | null
}

export type Reason =
  | { readonly why: 'running'; readonly worker: string; readonly since?: string }
  | {
      readonly why: 'over'
      readonly how: 'completed' | 'dead'
      readonly at?: string
      readonly error?: string
      /** Why a retry of it is refused. */
      readonly block?: Block
    }
  | { readonly why: 'held' }
  | ({ readonly why: 'queue_paused'; readonly queue: string } & QueuePause)
  | { readonly why: 'settings_unreadable'; readonly queue: string; readonly file: string; readonly error: string }
  | {
      readonly why: 'limit_full'
      /** `_all`: the limit of all queues together. */
      readonly queue: string
      /** The limit is that of this key, or of what stands for it in file names. */
      readonly key?: string
      readonly cap: number
      readonly taken: readonly NumberInfo[]
    }
  /** `_all`: the rate of all queues together. */
  | { readonly why: 'rate'; readonly queue: string; readonly rate: string; readonly at: string }
  | {
      readonly why: 'waits_for'
      readonly jobs: readonly OpenCondition[]
    }
  | { readonly why: 'due'; readonly at: string; readonly retry: boolean }
  | { readonly why: 'unreadable'; readonly error: string }
  | { readonly why: 'corrupt'; readonly error: string; readonly file: string }
  | { readonly why: 'not_taken_in' }
  | { readonly why: 'earlier_run'; readonly run: number; readonly pids: readonly number[]; readonly what: string }
  | { readonly why: 'disk_full' }
  | { readonly why: 'no_worker'; readonly elsewhere: number; readonly not_answering?: number }
  | { readonly why: 'held_back'; readonly workers: readonly { readonly worker: string; readonly limit: string }[] }
  | { readonly why: 'queue_not_taken'; readonly queue: string }
  | { readonly why: 'slots_busy'; readonly slots: number; readonly by: WorkerInfo['running'] }
  | { readonly why: 'ahead'; readonly jobs: number; readonly next: readonly string[] }
  | { readonly why: 'next' }

export interface Explanation {
  readonly id: string
  readonly state: State | 'corrupt'
  readonly reasons: readonly Reason[]
  /** When it will probably start (ISO 8601); absent when that is unknown. */
  readonly starts_at?: string
  /** The recent runs that the estimate is based on. */
  readonly history?: { readonly runs: number; readonly average_ms: number }
}

/** @throws QueueError NOT_FOUND; USAGE when several jobs match */
export function explain(home: Home, target: JobRefOrId): Explanation {
  const known = typeof target === 'string' ? undefined : jobFileAt(home, target.path, target.state)
  if (known) return explainFile(home, known)
  const text = typeof target === 'string' ? target : target.id
  const found = findMatches(home, text)
  const [file] = found
  if (found.length > 1) throw new QueueError('USAGE', `cannot explain ${text}: ${found.length} jobs end in it`)
  if (file) return explainFile(home, file)
  const corrupt = inCorrupt(home, text)
  if (corrupt) return { id: text, state: 'corrupt', reasons: [corrupt] }
  throw new QueueError('NOT_FOUND', `cannot explain ${text}: no such job`, 'see all jobs with: queuectl list')
}

function explainFile(home: Home, file: JobFile): Explanation {
  const { id } = file.name
  const content = readJobFile(file)
  const job = content?.job
  const is = (...reasons: Reason[]): Explanation => ({ id, state: file.state, reasons })
  if (content && !job && file.state !== 'completed') return is({ why: 'unreadable', error: content.unreadable })
  switch (file.state) {
    case 'processing': {
      const since = job?.started_at
      return is({ why: 'running', worker: file.holder ?? '', ...(since === undefined ? {} : { since }) })
    }
    case 'completed':
    case 'dead':
      return is(overBy(home, file.state, job))
    case 'held':
      return is({ why: 'held' })
    case 'waiting': {
      const jobs = openConditions(job ?? {}).map((one) => waitedFor(home, one, job?.when_impossible === 'wait'))
      return is({ why: 'waits_for', jobs }, ...keptBy(home, file), ...noWorker(home, file))
    }
    case 'scheduled':
    case 'failed': {
      const dueAt = dueOf(home, file, nowMs(), readConfig(home).max_backoff)
      const at = Math.max(dueAt, nowMs())
      const due: Reason = { why: 'due', at: isoTime(dueAt), retry: file.state === 'failed' }
      const others = [...keptBy(home, file), ...obstacles(home, file)]
      const starts = others.some(({ why }) => why !== 'slots_busy') ? {} : { starts_at: isoTime(at) }
      return { ...is(due, ...others), ...starts }
    }
    case 'pending':
      return { ...is(), ...pendingReasons(home, file) }
  }
}

function waitedFor(home: Home, { job: id, when }: Condition, staysIfImpossible: boolean): OpenCondition {
  const is = stateOfParent(home, id)
  if (!staysIfImpossible || holds(when, is) !== false) return { id, when, is }
  return { id, when, is, until_retry_of: firstToRetry(home, id) ?? null }
}

function overBy(home: Home, how: 'completed' | 'dead', job: Job | undefined): Reason {
  const at = job?.finished_at
  const error = job?.last_error
  const block = how === 'dead' && job ? blockOf(home, job) : undefined
  return {
    why: 'over',
    how,
    ...(at === undefined ? {} : { at }),
    ...(error === undefined ? {} : { error }),
    ...(block ? { block } : {}),
  }
}

/** What the files of its queue, or of all, say. */
function keptBy(home: Home, { name, dropped }: JobFile, { pauses, settings }: QueueRules = rulesOf(home)): Reason[] {
  const { queue } = name
  const pause = pauseOf(pauses, dropped ? undefined : queue)
  const reasons: Reason[] = pause ? [{ why: 'queue_paused', queue, ...pause }] : []
  if (dropped) return reasons
  const unreadable = unreadableOf(settings, queue)
  const broken = unreadable === undefined ? undefined : settings.get(unreadable)
  if (unreadable !== undefined && isUnreadable(broken))
    reasons.push({
      why: 'settings_unreadable',
      queue: unreadable,
      file: settingsPath(home, unreadable),
      error: broken.unreadable,
    })
  for (const { name: limit, cap, taken } of fullLimits(home, settings, name)) {
    const key = keyOfLimit(limit)
    reasons.push({
      why: 'limit_full',
      queue: queueOfLimit(limit) ?? queue,
      ...(key === undefined ? {} : { key }),
      cap,
      taken,
    })
  }
  for (const rate of ratesForQueue(settings, queue)) {
    const wait = untilKnownRate(home, rate)
    const of = queueOfLimit(rate.name) ?? queue
    const text = readableSettings(settings, of)?.rate ?? ''
    if (wait > 0) reasons.push({ why: 'rate', queue: of, rate: text, at: isoTime(nowMs() + wait) })
  }
  return reasons
}

interface QueueRules {
  readonly pauses: Pauses
  readonly settings: AllSettings
}

const rulesOf = (home: Home): QueueRules => ({ pauses: readPauses(home, nowMs()), settings: readQueueSettings(home) })

/** A busy worker is no reason yet. */
const noWorker = (home: Home, file: JobFile): Reason[] =>
  obstacles(home, file).filter(({ why }) => why !== 'slots_busy')

/** What keeps all jobs from starting, or all of its queue. */
function obstacles(home: Home, { name: { queue }, dropped }: JobFile): Reason[] {
  const workers = workersOf(home)
  const answering = workers.filter(isAnswering)
  const alive = answering.filter((worker) => dropped || takesQueue(worker, queue))
  const reasons: Reason[] = []
  if (diskSpace(home).state === 'full') reasons.push({ why: 'disk_full' })
  if (alive.length === 0 && answering.length > 0) reasons.push({ why: 'queue_not_taken', queue })
  else if (alive.length === 0) {
    const silent = workers.filter(({ life }) => life === 'alive').length
    const elsewhere = workers.filter(({ life }) => life === 'elsewhere').length
    reasons.push({ why: 'no_worker', elsewhere, ...(silent > 0 ? { not_answering: silent } : {}) })
  }
  const heldBack = alive.flatMap(({ name, held_back: limit }) => (limit === undefined ? [] : [{ worker: name, limit }]))
  if (alive.length > 0 && heldBack.length === alive.length) reasons.push({ why: 'held_back', workers: heldBack })
  const slots = slotsIn(alive)
  const by = alive.flatMap(({ running }) => running)
  if (alive.length > 0 && by.length >= slots) reasons.push({ why: 'slots_busy', slots, by })
  return reasons
}

const slotsIn = (workers: readonly WorkerInfo[]): number => workers.reduce((sum, { slots }) => sum + slots, 0)

/** While one of these stands it is not known when it will start. */
const UNKNOWN_START: readonly string[] = [
  'queue_paused',
  'settings_unreadable',
  'limit_full',
  'rate',
  'queue_not_taken',
  'no_worker',
  'disk_full',
  'held_back',
]

function pendingReasons(home: Home, file: JobFile): Omit<Explanation, 'id' | 'state'> {
  const rules = rulesOf(home)
  const before = jobsBefore(home, file.fileName, rules)
  const reasons = [...keptBy(home, file, rules), ...obstacles(home, file)]
  if (file.dropped) reasons.push({ why: 'not_taken_in' })
  else reasons.push(...earlierRuns(home, file.name.id))
  if (before.length > 0) reasons.push({ why: 'ahead', jobs: before.length, next: before.slice(0, 3) })
  if (reasons.some(({ why }) => UNKNOWN_START.includes(why))) return { reasons }
  if (reasons.length === 0) reasons.push({ why: 'next' })
  const durations = newestEvents(home, (event) => event.event === 'completed' && event.duration_ms !== undefined, 200)
  if (durations.length === 0) return { reasons }
  const average_ms = Math.round(durations.reduce((sum, one) => sum + (one.duration_ms ?? 0), 0) / durations.length)
  const now = nowMs()
  const alive = workersOf(home).filter((worker) => isAnswering(worker) && takesQueue(worker, file.name.queue))
  const elapsed = alive.flatMap(({ running }) => running.map((run) => now - (Date.parse(run.started_at ?? '') || now)))
  const wait = waitBefore(before.length, elapsed, slotsIn(alive), average_ms)
  return {
    reasons,
    ...(Number.isFinite(wait) ? { starts_at: isoTime(now + wait) } : {}),
    history: { runs: durations.length, average_ms },
  }
}

/** Earlier runs under this id of which something is, or may be, alive: it is ended first, or keeps the job waiting. */
function earlierRuns(home: Home, id: string): Reason[] {
  return tracedRuns(home, id).flatMap((run) => {
    const paths = runPaths(home, id, run)
    const { mark } = readMark(paths)
    if (lifeOf(paths, mark, true) === 'over') return []
    const pids = processesOf(paths, mark)
    const what = pids.length > 0 ? `run ${run} left processes running: ${pids.join(', ')}` : heldSentence(paths, run)
    return [{ why: 'earlier_run' as const, run, pids, what }]
  })
}

/** The ids of the pending jobs that are claimed before the one of this name, in that order. */
function jobsBefore(home: Home, fileName: string, { pauses, settings }: QueueRules): string[] {
  const before: string[] = []
  const known = new Map<string, boolean>()
  const mayStart = (label: string, line: JobLine): boolean => {
    const may =
      known.get(label) ??
      (!pauseOf(pauses, line.queue) &&
        unreadableOf(settings, line.queue) === undefined &&
        fullLimits(home, settings, line).length === 0)
    known.set(label, may)
    return may
  }
  for (const other of eachName(home.pending)) {
    const name = other < fileName ? parseName(other) : undefined
    if (name && mayStart(labelIn(other), name)) before.push(other)
  }
  return before.sort().map((name) => parseName(name)?.id ?? name)
}

/** A quarantined file of this id or file name; it is called `<random>-<name>`. */
function inCorrupt(home: Home, text: string): Reason | undefined {
  const file = listDir(home.corrupt).find((entry) => {
    const name = entry.slice(entry.indexOf('-') + 1)
    return !entry.endsWith('.reason') && (parseName(name)?.id === text || name === text || name === `${text}.json`)
  })
  if (file === undefined) return undefined
  const path = join(home.corrupt, file)
  return { why: 'corrupt', error: reasonOf(path), file: path }
}
