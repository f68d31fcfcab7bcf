/** What the live screen shows of the queue at a moment. */
import { monotonicMs, nowMs } from '../../clock.ts'
import type { Event } from '../../journal/journal.ts'
import type { ListedJob, Queue, WorkerInfo } from '../../queue.ts'

/** How far back the screen counts what was done. */
export const SPAN_S = 60

export interface Snapshot {
  readonly at: number
  readonly counts: Readonly<Record<string, number>>
  readonly workers: readonly WorkerInfo[]
  /** What runs next. */
  readonly next: readonly ListedJob[]
  /** Jobs whose last attempt failed, newest first. */
  readonly failures: readonly ListedJob[]
  /** Milliseconds that it took to look. */
  readonly cost: number
}

/** More than any screen has lines for. */
const MOST = 100

export async function look(queue: Queue): Promise<Snapshot> {
  const begun = monotonicMs()
  const [counts, workers, next, failed, dead] = await Promise.all([
    queue.count(),
    queue.workers(),
    queue.list({ states: ['pending'] }, { limit: MOST }),
    queue.list({ states: ['failed'] }, { limit: MOST }),
    queue.list({ states: ['dead'] }, { limit: MOST }),
  ])
  const newest = (a: ListedJob, b: ListedJob): number =>
    Date.parse(b.job?.updated_at ?? '') - Date.parse(a.job?.updated_at ?? '') || 0
  const failures = [...failed, ...dead].filter(({ job }) => job?.cancelled === undefined).toSorted(newest)
  return { at: nowMs(), counts, workers, next, failures: failures.slice(0, MOST), cost: monotonicMs() - begun }
}

/** How many jobs were done in each of the last seconds. */
export class Throughput {
  readonly #done = new Map<number, number>()
  readonly #failed = new Map<number, number>()

  add({ event, at }: Event): void {
    const counts = event === 'completed' ? this.#done : event === 'failed' ? this.#failed : undefined
    const second = Math.floor(Date.parse(at) / 1000)
    if (!counts || Number.isNaN(second)) return
    counts.set(second, (counts.get(second) ?? 0) + 1)
    for (const old of counts.keys()) if (old < second - 2 * SPAN_S) counts.delete(old)
  }

  /** Completed runs and failed ones of the last minute, and the completed ones by the second, oldest first. */
  lastMinute(now: number): { readonly done: number; readonly failed: number; readonly bySecond: readonly number[] } {
    const second = Math.floor(now / 1000)
    const of = (counts: Map<number, number>): number[] =>
      Array.from({ length: SPAN_S }, (_, i) => counts.get(second - SPAN_S + 1 + i) ?? 0)
    const sum = (all: readonly number[]): number => all.reduce((total, n) => total + n, 0)
    const bySecond = of(this.#done)
    return { done: sum(bySecond), failed: sum(of(this.#failed)), bySecond }
  }
}
