/**
 * The history: `journal/<UTC day>.ndjson`, one line and one append for each event, in the order they were recorded.
 *
 * An event is recorded after the change it describes. If we die in between it is missing: counts of jobs therefore come
 * from the directories, and only history comes from here.
 */
import { linesBackwards, openIfThere } from '../disk/read.ts'
import { createReadStream } from 'node:fs'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { nowMs } from '../clock.ts'
import { isoTime, utcDay } from '../job/time.ts'
import { failureKind } from '../disk/errno.ts'
import { append, listDir, lstat } from '../disk/files.ts'
import { quarantine } from '../spool/corrupt.ts'
import type { Home } from '../spool/layout.ts'

/**
 * What can happen to a job.
 *
 * - `enqueued`: the job was acknowledged, or its dropped file was taken in.
 * - `started`: a run began. `adopted`: a worker watches a run whose own worker had died.
 * - `completed`, `failed` (will be retried), `dlq` (to `dead/`), `cancelled`: an attempt or the job ended.
 * - `interrupted`: a run was cut off; the job is pending again. `given_back`: its worker was stopped at once.
 * - `ready`: the jobs it waited for have ended as they must.
 * - `held`, `released`, `changed` (priority, queue, content), `retried`: a command did this.
 * - `removed`: its file was taken away by hand while it ran.
 * - `corrupt`: a file was quarantined.
 * - `hook_failed`: a hook failed; `job` is empty when it was called for all jobs.
 * - `schedule_missed`, `schedule_skipped`, `schedule_clock`, `schedule_paused`, `schedule_resumed`: about a schedule; `job` is empty.
 * - `queue_paused`, `queue_resumed`, `queue_set`: a command did this to a queue; `job` is empty.
 */
export const EVENT_KINDS = [
  'enqueued',
  'started',
  'adopted',
  'completed',
  'failed',
  'dlq',
  'cancelled',
  'interrupted',
  'given_back',
  'retried',
  'ready',
  'held',
  'released',
  'changed',
  'removed',
  'corrupt',
  'hook_failed',
  'queue_paused',
  'queue_resumed',
  'queue_set',
  'schedule_missed',
  'schedule_skipped',
  'schedule_clock',
  'schedule_paused',
  'schedule_resumed',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

export interface Event {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly event: EventKind
  readonly job: string
  readonly run?: number
  readonly worker?: string
  readonly duration_ms?: number
  readonly exit_code?: number
  /** Why it failed, was cancelled or quarantined. */
  readonly error?: string
  /** The setting that names the hook. */
  readonly hook?: string
  /** The queue that was paused, resumed or set; `_all` stands for all. */
  readonly queue?: string
  /** The schedule that made the job, or that it is about. */
  readonly schedule?: string
  /** When its first or next run is due (ISO 8601, UTC). */
  readonly due?: string
}

/** Appends events. Best effort: a full disk must not keep a job from being settled. @param at milliseconds */
export function recordEvents(home: Home, records: readonly Omit<Event, 'at'>[], at: number = nowMs()): void {
  appendLines(home, utcDay(at), records.map((event) => eventLine(event, isoTime(at))).join(''))
}

/** An event as its line in the journal. @param at ISO 8601, UTC */
export const eventLine = (event: Omit<Event, 'at'>, at: string): string => `${JSON.stringify({ at, ...event })}\n`

/** Appends lines of events to the file of their day, with one write. */
export function appendLines(home: Home, day: string, lines: string): void {
  const file = dayFile(home, day)
  try {
    append(file, lines)
  } catch (error) {
    if (failureKind(error) === 'content') appendAnew(home, file, lines)
    // The journal is history, not state: nothing depends on it.
  }
}

/** Quarantines what is no file in the place of a day, and begins the day anew. */
function appendAnew(home: Home, file: string, text: string): void {
  try {
    if (lstat(file)?.isFile() === false)
      quarantine(home, file, basename(file), 'it was in the place of a day of the journal')
    append(file, text)
  } catch {
    // As with any event that cannot be recorded.
  }
}

/** Events may still be added to this many of the last days: a process may have read the clock just before midnight. */
export const OPEN_DAYS = 2

/** The UTC days that have events, oldest first. */
export const days = (home: Home): string[] =>
  listDir(home.journal)
    .flatMap((name) => /^(\d{4}-\d{2}-\d{2})\.ndjson$/.exec(name)?.[1] ?? [])
    .filter((day) => lstat(dayFile(home, day))?.isFile())
    .sort()

export const dayFile = (home: Home, day: string): string => join(home.journal, `${day}.ndjson`)

/** Which days to read; a missing member matches all. */
export interface DayFilter {
  readonly without?: readonly string[]
  readonly only?: string
  /** This day and later ones. */
  readonly from?: string
}

/** Every event of these days, oldest first. Skips lines that do not parse, such as one torn by a power cut. */
export async function* events(home: Home, { without = [], only, from = '' }: DayFilter = {}): AsyncGenerator<Event> {
  for (const day of days(home)) {
    if (without.includes(day) || (only !== undefined && day !== only) || day < from) continue
    const fd = openIfThere(dayFile(home, day))
    if (fd === undefined) continue
    const lines = createInterface({ input: createReadStream('', { fd }), crlfDelay: Number.POSITIVE_INFINITY })
    for await (const line of lines) {
      const event = parseEvent(line)
      if (event) yield event
    }
  }
}

/** The newest `limit` events that match, newest last. Reads from the end, and no more than it needs. */
export function newestEvents(home: Home, matches: (event: Event) => boolean, limit: number): Event[] {
  const found: Event[] = []
  for (const day of days(home).reverse()) {
    for (const { line } of linesBackwards(dayFile(home, day))) {
      if (found.length >= limit) return found.reverse()
      const event = parseEvent(line)
      if (event && matches(event)) found.push(event)
    }
  }
  return found.reverse()
}

/** The event of a line; undefined when there is none. */
export function parseEvent(line: string): Event | undefined {
  // The first event after a power cut may follow a torn one on the same line.
  const start = line.lastIndexOf('{"at":')
  if (start < 0) return undefined
  try {
    const value = JSON.parse(line.slice(start)) as Event
    return typeof value.event === 'string' && typeof value.job === 'string' ? value : undefined
  } catch {
    // Torn, or not written by us.
    return undefined
  }
}
