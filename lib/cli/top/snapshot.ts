/** A snapshot of the queue, for the live screen. */
import { monotonicMs, nowMs } from '../../clock.ts'
import type { Event } from '../../journal/journal.ts'
import type { ListedJob, Queue, WorkerInfo } from '../../queue.ts'

/** The span of the throughput (s). */
export const SPAN_S = 60

export interface Snapshot {
  readonly at: number
  readonly counts: Readonly<Record<string, number>>
  readonly workers: readonly WorkerInfo[]
  /** The jobs that run next. */
  readonly next: readonly ListedJob[]
  /** Jobs whose last attempt failed, newest first. */
  readonly failures: readonly ListedJob[]
  /** How long the snapshot took (ms). */
  readonly cost: number
}

/** More than fit on any screen. */
const MAX_JOBS = 100

export async function takeSnapshot(queue: Queue): Promise<Snapshot> {
  const begun = monotonicMs()
  const [counts, workers, next, failed, dead] = await Promise.all([
    queue.count(),
    queue.workers(),
    queue.list({ states: ['pending'] }, { limit: MAX_JOBS }),
    queue.list({ states: ['failed'] }, { limit: MAX_JOBS }),
    queue.list({ states: ['dead'] }, { limit: MAX_JOBS }),
  ])
  const newest = (a: ListedJob, b: ListedJob): number =>
    Date.parse(b.job?.updated_at ?? '') - Date.parse(a.job?.updated_at ?? '') || 0
  const failures = [...failed, ...dead].filter(({ job }) => job?.cancelled === undefined).toSorted(newest)
  return { at: nowMs(), counts, workers, next, failures: failures.slice(0, MAX_JOBS), cost: monotonicMs() - begun }
}

/** Counts completed and failed runs by the second. */
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

  /** Completed and failed runs of the last minute, and the completed ones by the second, oldest first. */
  lastMinute(now: number): { readonly done: number; readonly failed: number; readonly bySecond: readonly number[] } {
    const second = Math.floor(now / 1000)
    const of = (counts: Map<number, number>): number[] =>
      Array.from({ length: SPAN_S }, (_, i) => counts.get(second - SPAN_S + 1 + i) ?? 0)
    const sum = (all: readonly number[]): number => all.reduce((total, n) => total + n, 0)
    const bySecond = of(this.#done)
    return { done: sum(bySecond), failed: sum(of(this.#failed)), bySecond }
  }
}
