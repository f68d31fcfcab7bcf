/** Lists the queues of a home: those that have unfinished jobs, settings, or a pause. */
import { nowMs } from '../clock.ts'
import { ALL_QUEUES, pauseOf, type QueuePause } from '../job/pause.ts'
import type { QueueSettings, BadSettings } from '../job/queue-settings.ts'
import { isoTime } from '../job/time.ts'
import type { Home } from '../spool/layout.ts'
import { readPauses, readQueueSettings } from '../spool/queue-files.ts'
import { jobFiles } from '../spool/scan.ts'
import { shownState, type State, STATES } from '../job/state.ts'

export interface QueueInfo {
  readonly queue: string
  /** Jobs in each state; pending includes those that are scheduled or wait for others, as everywhere. */
  readonly pending: number
  readonly scheduled: number
  readonly waiting: number
  readonly processing: number
  readonly failed: number
  readonly held: number
  readonly dead: number
  /** When the job that has been ready for the longest time became so (ISO 8601); null when none is. */
  readonly oldest_ready_at: string | null
  /** Why no job of it is claimed; null while it is not paused. */
  readonly paused: QueuePause | null
  /** Null: it has none. While they are unreadable no job of it starts. */
  readonly settings: QueueSettings | BadSettings | null
}

type Counted = Exclude<State, 'completed'>
const COUNTED = STATES.filter((state): state is Counted => state !== 'completed')

interface Counting {
  readonly counts: Record<Counted, number>
  oldest: number
}

/** Sorted by name. */
export function queueInfos(home: Home): QueueInfo[] {
  const pauses = readPauses(home, nowMs())
  const settings = readQueueSettings(home)
  const found = new Map<string, Counting>()
  const of = (queue: string): Counting => {
    let one = found.get(queue)
    if (!one) found.set(queue, (one = { counts: noCounts(), oldest: Number.POSITIVE_INFINITY }))
    return one
  }
  for (const queue of [...pauses.keys(), ...settings.keys()]) if (queue !== ALL_QUEUES) of(queue)
  for (const { name, state, dropped } of jobFiles(home, COUNTED)) {
    // A dropped file may name any queue: it is not read here.
    if (dropped || state === 'completed') continue
    const one = of(name.queue)
    one.counts[state]++
    if (shownState(state) === 'pending' && state !== 'pending') one.counts.pending++
    if (state === 'pending') one.oldest = Math.min(one.oldest, name.due)
  }
  return [...found]
    .map(([queue, { counts, oldest }]) => ({
      queue,
      ...counts,
      oldest_ready_at: Number.isFinite(oldest) ? isoTime(Math.floor(oldest / 1000)) : null,
      paused: pauseOf(pauses, queue) ?? null,
      settings: settings.get(queue) ?? null,
    }))
    .sort((a, b) => (a.queue < b.queue ? -1 : 1))
}

const noCounts = (): Counting['counts'] => Object.fromEntries(COUNTED.map((state) => [state, 0])) as Counting['counts']
