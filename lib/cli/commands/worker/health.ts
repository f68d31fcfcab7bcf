/** `worker health`: reports whether a worker answers, for health checks. */
import { Command } from 'clipanion'
import type { Queue, WorkerInfo } from '../../../queue.ts'
import { isAnswering } from '../../../spool/silence.ts'
import { WorkerListCommand } from './list.ts'

export class WorkerHealthCommand extends WorkerListCommand {
  static override paths = [['worker', 'health']]
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'report whether a worker answers, for health checks',
    details: `Exit status 0 if at least one is alive and has renewed its lease lately, else 5: so also if all are stopped, frozen
      or stuck. Where all are elsewhere, their leases are watched for a renewal, a minute at most.`,
    examples: [
      ['Does a worker answer', 'queuectl worker health'],
      ['Start one if not', 'queuectl worker health >/dev/null 2>&1 || queuectl worker start'],
    ],
  })

  protected override async hasWorker(queue: Queue, workers: readonly WorkerInfo[]): Promise<boolean> {
    if (workers.some(isAnswering)) return true
    const elsewhere = workers.filter(({ life }) => life === 'elsewhere')
    return (await Promise.all(elsewhere.map(({ name }) => queue.renewsLease(name)))).includes(true)
  }
}
