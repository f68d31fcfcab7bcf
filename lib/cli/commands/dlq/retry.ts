/** `dlq retry`: runs dead jobs again. */
import { Command } from 'clipanion'
import { RetryCommand } from '../retry.ts'

export class DlqRetryCommand extends RetryCommand {
  static override paths = [
    ['dlq', 'retry'],
    ['dlq', 'restart'],
  ]
  static override usage = Command.Usage({
    category: 'Dead letter queue',
    description: 'send dead jobs back to run again',
    details: `Attempts count from zero again; history and output are kept. Of many, those that somebody cancelled are
      passed over unless --cancelled is given.`,
    examples: [
      ['A dead job', 'queuectl dlq retry job1'],
      ['Which ones --all would send back', 'queuectl dlq retry --all --dry-run'],
      ['All of them', 'queuectl dlq retry --all'],
    ],
  })
  static override forms = ['ID...', '[--all] [--queue Q] [--tag T] [--cancelled] [--dry-run]', '-']

  protected override onlyDead = true
  protected override noun = 'dead job'
}
