/** Pauses and resumes queues. */
import { userInfo } from 'node:os'
import { monotonicMs, nowMs, sleep } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { ALL_QUEUES, pauseOf } from '../job/pause.ts'
import { isoTime } from '../job/time.ts'
import { recordEvents } from '../journal/journal.ts'
import { readPauses, removePause, writePause } from '../spool/queue-files.ts'
import { jobFiles } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import { ring } from '../spool/wakeup.ts'
import { requireQueue, untilObeyed } from './obeyed.ts'

export interface PauseOptions {
  /** Why, for those who look. */
  readonly reason?: string
  /** When it ends by itself (ms). */
  readonly until?: number
}

/** What a pause waits for. */
export interface PauseResult {
  readonly queue: string
  /** Workers that may still claim jobs of it: they do not answer, or are of a version that knows no pauses. */
  readonly not_obeying: readonly string[]
}

const DRAIN_LOOK_EVERY_MS = 100

/** The user's name, or number where it has no name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    // There is no passwd entry, as often in containers.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

/**
 * Pauses a queue, and waits until every worker obeys: then no job of it is claimed. What runs goes on.
 * @throws QueueError USAGE
 */
export async function pauseQueue(home: Home, queue: string, options: PauseOptions = {}): Promise<PauseResult> {
  requireQueue(queue, 'pause')
  const { reason, until } = options
  writePause(home, queue, {
    ...(reason === undefined ? {} : { reason }),
    by: userName(),
    at: isoTime(nowMs()),
    ...(until === undefined ? {} : { until: isoTime(until) }),
  })
  recordEvents(home, [{ event: 'queue_paused', job: '', queue, ...(reason === undefined ? {} : { error: reason }) }])
  return { queue, not_obeying: await untilObeyed(home, queue, 'pause') }
}

/** Ends the pause of a queue. @returns whether it was paused @throws QueueError USAGE */
export function resumeQueue(home: Home, queue: string): boolean {
  requireQueue(queue, 'resume')
  const wasPaused = removePause(home, queue)
  if (wasPaused) recordEvents(home, [{ event: 'queue_resumed', job: '', queue }])
  ring(home)
  return wasPaused
}

interface DrainOptions {
  /** Seconds; undefined: without limit. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

/**
 * Waits until no job of a paused queue runs.
 * @returns the ids of the jobs that still run when it is over
 */
export async function drainQueue(home: Home, queue: string, { timeout, signal }: DrainOptions): Promise<string[]> {
  const end = monotonicMs() + (timeout ?? Number.POSITIVE_INFINITY) * 1000
  for (;;) {
    const left = runningOf(home, queue)
    if (left.length === 0 || monotonicMs() >= end) return left
    if (!pauseOf(readPauses(home, nowMs()), queue))
      throw new QueueError('WRONG_STATE', `cannot drain ${queue}: its pause was ended meanwhile`)
    signal?.throwIfAborted()
    await sleep(DRAIN_LOOK_EVERY_MS, signal)
  }
}

/** Scans twice, because a job may move during a scan. */
function runningOf(home: Home, queue: string): string[] {
  const found = new Set<string>()
  for (let scans = 0; scans < 2; scans++)
    for (const { name } of jobFiles(home, ['processing']))
      if (queue === ALL_QUEUES || name.queue === queue) found.add(name.id)
  return [...found]
}
