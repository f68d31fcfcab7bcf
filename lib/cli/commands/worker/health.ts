/** `worker health`: reports whether a worker is alive, for health checks. */
import { Command } from 'clipanion'
import { WorkerListCommand } from './list.ts'

export class WorkerHealthCommand extends WorkerListCommand {
  static override paths = [['worker', 'health']]
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'report whether a worker is alive, for health checks',
    details: 'Exit status 0 if at least one is alive, else 5.',
    examples: [
      ['Is a worker alive', 'queuectl worker health'],
      ['Start one if not', 'queuectl worker health >/dev/null 2>&1 || queuectl worker start'],
    ],
  })
}
