/**
 * Writes metrics in the text format of Prometheus, version 0.0.4, for `metrics --prometheus` and the web server's
 * `/metrics`. Our own thirty lines: prom-client takes 40 ms to load and keeps a registry in one process, while our numbers
 * come from the files of many. Pure.
 */
import { isAnswering } from '../spool/silence.ts'
import type { Metrics } from './metrics.ts'

type Kind = 'gauge' | 'counter' | 'summary'

export function prometheusText(
  metrics: Metrics,
  counts: Readonly<Record<string, number>>,
  workers: readonly (Parameters<typeof isAnswering>[0] & { readonly slots: number })[],
  oldestReadySeconds = 0,
): string {
  const alive = workers.filter(isAnswering)
  const { scheduled: _within, ...states } = counts
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
    '',
  ].join('\n')
}

/** A suffix of the family's name or labels, and the value. */
type Sample = readonly [string, number]

const family = (name: string, kind: Kind, help: string, samples: readonly Sample[]): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${kind}`,
  ...samples.map(([rest, value]) => `${name}${rest} ${value}`),
]
