/** `stats`: prints totals and durations. */
import { Command } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'

export class StatsCommand extends QueueCommand {
  static override paths = [['stats']]
  static override usage = Command.Usage({
    category: 'Statistics',
    description: 'show totals and how long jobs take',
    examples: [
      ['Totals', 'queuectl stats'],
      ['For a script', 'queuectl stats --json | jq .duration_ms.p95'],
    ],
  })
  static override forms = ['[--json]']

  protected async run(queue: Queue): Promise<void> {
    const { completed, dead, cancelled, duration_ms } = await queue.metrics({ recent: 0 })
    if (this.json) return this.printJson({ completed, dead, cancelled, duration_ms })
    const ms = (value: number | null): string => (value === null ? 'n/a' : `${value.toFixed(2)} ms`)
    this.print(`Total Jobs Completed: ${completed}`)
    this.print(`Total Jobs Failed (DLQ): ${dead}`)
    this.print(`Total Jobs Cancelled: ${cancelled}`)
    this.print(`Avg. Completion Time: ${ms(duration_ms.average)}`)
    this.print(`Median (p50): ${ms(duration_ms.p50)}`)
    this.print(`95th percentile (p95): ${ms(duration_ms.p95)}`)
  }
}
