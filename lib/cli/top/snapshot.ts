/** A snapshot of the queue, for the live screen. */
import { monotonicMs, nowMs } from '../../clock.ts'
import { commandLine } from '../../job/job.ts'
import type { Event } from '../../journal/journal.ts'
import type { ListedJob, Queue, WorkerInfo } from '../../queue.ts'

/** The span of the throughput (s). */
export const SPAN_S = 60

export interface Snapshot {
  readonly at: number
  readonly counts: Readonly<Record<string, number>>
  readonly workers: readonly WorkerInfo[]
  /** The running jobs, with what they report. */
  readonly running: readonly ListedJob[]
  /** The jobs that run next. */
  readonly next: readonly ListedJob[]
  /** Jobs whose last attempt failed, newest first. */
  readonly failures: readonly ListedJob[]
  /** How long the snapshot took (ms). */
  readonly cost: number
}

/** More than fit on any screen; and among how many a filter looks. */
const MAX_JOBS = 100
const MAX_FILTERED = 2000

/** @param filter only jobs with this in their id, queue or command; the counts are of all */
export async function takeSnapshot(queue: Queue, filter = ''): Promise<Snapshot> {
  const begun = monotonicMs()
  const limit = filter === '' ? MAX_JOBS : MAX_FILTERED
  const [counts, workers, running, next, failed, dead] = await Promise.all([
    queue.count(),
    queue.workers(),
    queue.list({ states: ['processing'] }),
    queue.list({ states: ['pending'] }, { limit }),
    queue.list({ states: ['failed'] }, { limit }),
    queue.list({ states: ['dead'] }, { limit }),
  ])
  const newest = (a: ListedJob, b: ListedJob): number =>
    Date.parse(b.job?.updated_at ?? '') - Date.parse(a.job?.updated_at ?? '') || 0
  const failures = [...failed, ...dead].filter(({ job }) => job?.cancelled === undefined).toSorted(newest)
  const all = { at: nowMs(), counts, workers, running, next, failures }
  const shown = filter === '' ? all : filtered(all, filter)
  return {
    ...shown,
    next: shown.next.slice(0, MAX_JOBS),
    failures: shown.failures.slice(0, MAX_JOBS),
    cost: monotonicMs() - begun,
  }
}

/** What of a snapshot has a text in its id, queue or command, in any case. */
export function filtered<S extends Omit<Snapshot, 'cost'>>(snapshot: S, text: string): S {
  const wanted = text.toLowerCase()
  const has = (...texts: readonly (string | undefined)[]): boolean =>
    texts.some((one) => one?.toLowerCase().includes(wanted))
  const matches = ({ id, job }: ListedJob): boolean => has(id, job?.queue, job && commandLine(job.command))
  const queueOf = new Map(snapshot.running.map(({ id, job }) => [id, job?.queue]))
  return {
    ...snapshot,
    workers: snapshot.workers.map((worker) => ({
      ...worker,
      running: worker.running.filter(({ id, command }) => has(id, queueOf.get(id), commandLine(command))),
    })),
    next: snapshot.next.filter(matches),
    failures: snapshot.failures.filter(matches),
  }
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
