/** `metrics`: event counts and durations, for people, as JSON or for Prometheus. */
import { Command, Option } from 'clipanion'
import { nowMs } from '../../clock.ts'
import { QueueError } from '../../errors.ts'
import { type Event, EVENT_KINDS } from '../../journal/journal.ts'
import type { Metrics } from '../../journal/metrics.ts'
import type { Queue } from '../../queue.ts'
import { VERSION } from '../../version.ts'
import { QueueCommand } from '../command.ts'
import { prometheusText } from '../../journal/prometheus.ts'
import { visible } from '../../job/sanitize.ts'
import { isCount } from '../input/option-types.ts'
import { localTime } from '../../job/time-text.ts'

/** Kinds that are printed even when their count is 0. */
const ALWAYS: readonly string[] = ['enqueued', 'started', 'completed', 'failed', 'dlq']

export class MetricsCommand extends QueueCommand {
  static override paths = [['metrics']]
  static override usage = Command.Usage({
    category: 'Statistics',
    description: 'show event counts, durations and recent events',
    examples: [
      ['A summary with the last ten events', 'queuectl metrics'],
      ['With more events', 'queuectl metrics --recent 50'],
      ['For the textfile collector of the Prometheus node exporter', 'queuectl metrics --prometheus > queuectl.prom'],
    ],
  })
  static override forms = ['[options]']

  recent = Option.String('-n,--recent', '10', { description: '<N> how many recent events (10)', validator: isCount(0) })
  prometheus = Option.Boolean('--prometheus', false, { description: 'print the Prometheus text format' })

  protected async run(queue: Queue): Promise<void> {
    if (this.prometheus && this.json) throw new QueueError('USAGE', 'metrics: --json or --prometheus, not both')
    const metrics = await queue.metrics({ recent: this.recent })
    if (this.prometheus) return this.printExposition(queue, metrics)
    const { histogram: _histogram, ...shown } = metrics
    if (this.json) return this.printJson(shown)
    const { average, p50, p95 } = metrics.duration_ms
    const seconds = (ms: number | null): string => (ms === null ? 'n/a' : `${(ms / 1000).toFixed(2)} seconds`)
    this.print('=== Job Metrics Summary ===')
    this.print('Event Counts:')
    for (const kind of EVENT_KINDS)
      if (metrics.events[kind] > 0 || ALWAYS.includes(kind)) this.print(`  ${kind}: ${metrics.events[kind]}`)
    this.print('')
    this.print(`Average Duration: ${seconds(average)}`)
    if (p50 !== null) this.print(`Median (p50): ${seconds(p50)}, 95th percentile (p95): ${seconds(p95)}`)
    if (this.recent === 0) return
    this.print('')
    this.print(`Recent Events (last ${this.recent}):`)
    for (const event of metrics.recent) this.print(`  ${eventLine(event)}`)
  }

  private async printExposition(queue: Queue, metrics: Metrics): Promise<void> {
    const live = await queue.live({ isPolling: true })
    try {
      const text = prometheusText({
        metrics,
        counts: await queue.count(),
        queues: (await live.upToDate()).queues(),
        pauses: await queue.pauses(),
        limits: await queue.limits(),
        schedules: await queue.schedules(),
        workers: await queue.workers(),
        oldestReadySeconds: await queue.oldestReady(),
        now: nowMs(),
        version: VERSION,
      })
      this.io.print(text)
    } finally {
      live.close()
    }
  }
}

function eventLine({ at, job, event, duration_ms, error }: Event): string {
  const took = duration_ms === undefined ? '' : ` (${(duration_ms / 1000).toFixed(1)}s)`
  return `[${localTime(at)}] ${visible(job)}: ${event}${took}${error === undefined ? '' : ` - ${visible(error)}`}`
}
