/**
 * What happened: `journal/<UTC day>.ndjson`, one line and one append for each event, in the order they were told.
 *
 * An event is told after the change it tells of. A crash in between leaves it untold: counts of what lies where come
 * from the directories, and only history from here.
 */
import { openIfThere, readTail } from '../disk/read.ts'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { nowMs } from '../clock.ts'
import { isoTime, utcDay } from '../job/time.ts'
import { append, listDir, lstat } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'

/**
 * What can happen to a job.
 *
 * - `enqueued`: it was acknowledged, or its dropped file was taken in.
 * - `started`: a run began. `adopted`: a run whose worker had died is watched again.
 * - `completed`, `failed` (will be retried), `dlq` (to `dead/`), `cancelled`: an attempt or the job ended.
 * - `interrupted`: a run was cut off; the job is pending again. `given_back`: its worker was stopped at once.
 * - `held`, `released`, `changed` (priority, queue, content): a person did that.
 * - `retried`: a person sent it back. `removed`: its file was taken away by hand while it ran.
 * - `corrupt`: a file was set aside.
 * - `hook_failed`: a hook could not be told of it; `job` is empty where it was to be told of all jobs.
 */
export type EventKind =
  | 'enqueued'
  | 'started'
  | 'adopted'
  | 'completed'
  | 'failed'
  | 'dlq'
  | 'cancelled'
  | 'interrupted'
  | 'given_back'
  | 'retried'
  | 'held'
  | 'released'
  | 'changed'
  | 'removed'
  | 'corrupt'
  | 'hook_failed'

export interface Event {
  readonly at: string
  readonly event: EventKind
  readonly job: string
  readonly run?: number
  readonly worker?: string
  readonly duration_ms?: number
  readonly exit_code?: number
  /** Why it failed, was cancelled, set aside. */
  readonly error?: string
  /** The setting that names the hook. */
  readonly hook?: string
  /** When it will be tried for the first time, or again. */
  readonly due?: string
}

/** Tells an event. Never fails: a full disk must not keep a job from being settled. */
export function recordEvents(home: Home, told: readonly Omit<Event, 'at'>[], at: number = nowMs()): void {
  try {
    append(
      dayFile(home, utcDay(at)),
      told.map((event) => `${JSON.stringify({ at: isoTime(at), ...event })}\n`).join(''),
    )
  } catch {
    // The journal is history, not state: nothing depends on it.
  }
}

/** The UTC days of which there are events, oldest first. */
export const days = (home: Home): string[] =>
  listDir(home.journal)
    .flatMap((name) => /^(\d{4}-\d{2}-\d{2})\.ndjson$/.exec(name)?.[1] ?? [])
    .filter((day) => lstat(dayFile(home, day))?.isFile())
    .sort()

export const dayFile = (home: Home, day: string): string => join(home.journal, `${day}.ndjson`)

/** Which days of the journal are meant. */
export interface DayFilter {
  readonly without?: readonly string[]
  readonly only?: string
  /** This day and later ones. */
  readonly from?: string
}

/** Every event of these days, oldest first. A line that does not parse (torn by a power cut) is passed over. */
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

/** The newest events, newest last; read from the end, so that it does not matter how long the journal is. */
export function newestEvents(home: Home, matches: (event: Event) => boolean, limit: number): Event[] {
  let found: Event[] = []
  for (const day of days(home).reverse()) {
    for (let bytes = 65_536; ; bytes *= 8) {
      const text = readTail(dayFile(home, day), bytes)
      const all = Buffer.byteLength(text) < bytes
      // Unless it is the whole file, the first line may be cut.
      const lines = text.split('\n').slice(all ? 0 : 1)
      const here = lines.flatMap((line) => parseEvent(line) ?? []).filter(matches)
      if (!all && found.length + here.length < limit) continue
      found = [...here, ...found]
      break
    }
    if (found.length >= limit) break
  }
  return limit > 0 ? found.slice(-limit) : []
}

export function parseEvent(line: string): Event | undefined {
  // What was told after a power cut had torn a line stands behind the torn one, on the same line.
  const begin = line.lastIndexOf('{"at":')
  if (begin < 0) return undefined
  try {
    const value = JSON.parse(line.slice(begin)) as Event
    return typeof value.event === 'string' && typeof value.job === 'string' ? value : undefined
  } catch {
    // Torn, or not ours.
    return undefined
  }
}
