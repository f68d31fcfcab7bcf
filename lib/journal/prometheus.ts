/**
 * Writes metrics in the text format of Prometheus, version 0.0.4, for `metrics --prometheus` and the web server's
 * `/metrics`. Our own hundred lines: prom-client takes 40 ms to load and keeps a registry in one process, while our numbers
 * come from the files of many. Pure.
 */
import { isAnswering } from '../spool/silence.ts'
import { STATES } from '../job/state.ts'
import type { Metrics } from './metrics.ts'

type Kind = 'gauge' | 'counter' | 'summary' | 'histogram'

/** At most this many queues have a label of their own; the others are added up as `other`. */
const MAX_QUEUES = 100
const OTHER = 'other'

interface QueueNumbers extends Readonly<Record<(typeof STATES)[number], number>> {
  readonly queue: string
  /** When its oldest pending job became ready (ISO 8601). */
  readonly oldest_ready_at: string | null
}

export interface Exposition {
  readonly metrics: Metrics
  readonly counts: Readonly<Record<string, number>>
  readonly queues: readonly QueueNumbers[]
  readonly pauses: ReadonlyMap<string, unknown>
  readonly schedules: readonly { readonly name: string; readonly next: string | null }[]
  readonly limits: readonly {
    readonly limit: string
    readonly cap: number | null
    readonly taken: readonly unknown[]
  }[]
  readonly workers: readonly (Parameters<typeof isAnswering>[0] & { readonly slots: number })[]
  readonly oldestReadySeconds?: number | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly version: string
}

export function prometheusText({
  metrics,
  counts,
  queues,
  pauses,
  limits,
  schedules,
  workers,
  oldestReadySeconds = 0,
  now,
  version,
}: Exposition): string {
  const alive = workers.filter(isAnswering)
  const { scheduled: _within, waiting: _too, ...states } = counts
  const { count, total, p50, p95 } = metrics.duration_ms
  const seconds = (ms: number): number => ms / 1000
  return [
    ...family(
      'queuectl_jobs',
      'gauge',
      'Jobs in each state; pending includes those that are scheduled.',
      Object.entries(states).map(([state, n]) => [`{state="${state}"}`, n]),
    ),
    ...family('queuectl_jobs_scheduled', 'gauge', 'Pending jobs that are not due yet.', [['', counts.scheduled ?? 0]]),
    ...family('queuectl_jobs_waiting', 'gauge', 'Pending jobs that wait for others.', [['', counts.waiting ?? 0]]),
    ...family('queuectl_oldest_ready_seconds', 'gauge', 'For how long the job that waits longest could have run.', [
      ['', oldestReadySeconds],
    ]),
    ...family(
      'queuectl_events_total',
      'counter',
      'What happened to jobs.',
      Object.entries(metrics.events).map(([event, n]) => [`{event="${event}"}`, n]),
    ),
    ...family('queuectl_workers', 'gauge', 'Workers that are alive and answer.', [['', alive.length]]),
    ...family('queuectl_worker_slots', 'gauge', 'Jobs they can run at a time.', [
      ['', alive.reduce((sum, worker) => sum + worker.slots, 0)],
    ]),
    ...family('queuectl_job_duration_seconds', 'summary', 'How long completed runs took.', [
      ['{quantile="0.5"}', p50 === null ? Number.NaN : seconds(p50)],
      ['{quantile="0.95"}', p95 === null ? Number.NaN : seconds(p95)],
      ['_sum', seconds(total)],
      ['_count', count],
    ]),
    ...family('queuectl_job_run_seconds', 'histogram', 'How long completed runs took.', [
      ...metrics.histogram.map(([bound, n]): Sample => [`_bucket{le="${bound}"}`, n]),
      ['_bucket{le="+Inf"}', count],
      ['_sum', seconds(total)],
      ['_count', count],
    ]),
    ...queueFamilies(queues, now),
    ...family(
      'queuectl_queue_paused',
      'gauge',
      'Queues that are paused; _all stands for all.',
      [...pauses.keys()].map((queue): Sample => [`{queue=${label(queue)}}`, 1]),
    ),
    ...family(
      'queuectl_limit',
      'gauge',
      'How many commands may run at a time, by limit: all, or q. and the queue.',
      limits.flatMap(({ limit, cap }): Sample[] => (cap === null ? [] : [[`{limit=${label(limit)}}`, cap]])),
    ),
    ...family(
      'queuectl_limit_taken',
      'gauge',
      'How many numbers of a limit are taken.',
      limits.map(({ limit, taken }): Sample => [`{limit=${label(limit)}}`, taken.length]),
    ),
    ...family(
      'queuectl_schedule_next_timestamp_seconds',
      'gauge',
      'When a schedule occurs next; absent while it is paused, bad or over.',
      schedules.flatMap(({ name, next }): Sample[] =>
        next === null ? [] : [[`{schedule=${label(name)}}`, Date.parse(next) / 1000]],
      ),
    ),
    ...family('queuectl_build_info', 'gauge', 'The version that answers; always 1.', [
      [`{version=${label(version)}}`, 1],
    ]),
    '',
  ].join('\n')
}

function queueFamilies(queues: readonly QueueNumbers[], now: number): string[] {
  const open = (one: QueueNumbers): number => STATES.reduce((sum, state) => sum + one[state], 0) - one.completed
  const sorted = queues.slice().sort((a, b) => open(b) - open(a) || (a.queue < b.queue ? -1 : 1))
  const named = new Set(sorted.slice(0, MAX_QUEUES).map(({ queue }) => queue))
  const jobs = new Map<string, number>()
  const ages = new Map<string, number>()
  for (const one of sorted) {
    const name = named.has(one.queue) ? one.queue : OTHER
    for (const state of STATES) {
      const labels = `{queue=${label(name)},state="${state}"}`
      jobs.set(labels, (jobs.get(labels) ?? 0) + one[state])
    }
    const labels = `{queue=${label(name)}}`
    const age = one.oldest_ready_at === null ? 0 : Math.max(0, (now - Date.parse(one.oldest_ready_at)) / 1000)
    ages.set(labels, Math.max(ages.get(labels) ?? 0, age))
  }
  return [
    ...family('queuectl_queue_jobs', 'gauge', 'Jobs of each queue in each state; pending includes scheduled.', [
      ...jobs,
    ]),
    ...family(
      'queuectl_queue_oldest_ready_seconds',
      'gauge',
      'For how long the job of a queue that waits longest could have run.',
      [...ages],
    ),
  ]
}

const label = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`

/** A suffix of the family's name or labels, and the value. */
type Sample = readonly [string, number]

const family = (name: string, kind: Kind, help: string, samples: readonly Sample[]): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${kind}`,
  ...samples.map(([rest, value]) => `${name}${rest} ${value}`),
]
