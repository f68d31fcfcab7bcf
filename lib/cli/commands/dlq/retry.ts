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
    description: 'run dead jobs again',
    details: `Attempts count from zero again; history and output are kept. Cancelled jobs are skipped unless given by id or with
      --cancelled.`,
    examples: [
      ['A dead job', 'queuectl dlq retry job1'],
      ['Which jobs --all would run again', 'queuectl dlq retry --all --dry-run'],
      ['All of them', 'queuectl dlq retry --all'],
    ],
  })
  static override forms = ['ID...', '[--all] [--queue Q] [--tag T] [--cancelled] [--dry-run]', '-']

  protected override onlyDead = true
  protected override noun = 'dead job'
}
