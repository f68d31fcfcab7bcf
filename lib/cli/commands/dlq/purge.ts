/** `dlq purge`: removes dead jobs for good. */
import { Command, Option } from 'clipanion'
import type { Queue } from '../../../queue.ts'
import { SelectingCommand } from '../../input/selection.ts'

export class DlqPurgeCommand extends SelectingCommand {
  static override paths = [['dlq', 'purge']]
  static override usage = Command.Usage({
    category: 'Dead letter queue',
    description: 'remove dead jobs for good, with their output',
    details: `To keep a copy first: queuectl dlq export >dead.ndjson. A job that left a process running is passed over and named
      (exit status 6): its id must not be used again beside that process. --force ends the process first.`,
    examples: [
      ['A dead job', 'queuectl dlq purge job1'],
      ['Which jobs --all would remove', 'queuectl dlq purge --all --dry-run'],
    ],
  })
  static override forms = ['ID...', '[--all] [--queue Q] [--tag T] [--dry-run]', '-']

  force = Option.Boolean('--force', false, { description: 'end the processes that its runs left behind first' })
  protected override noun = 'dead job'

  protected async run(queue: Queue): Promise<number> {
    const { dryRun, force } = this
    return this.forEachSelected(queue, {
      doing: 'purge',
      done: 'purged',
      states: ['dead'],
      act: (job) => queue.purge(job, { dryRun, force }),
    })
  }
}
