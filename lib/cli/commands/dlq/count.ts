/** `dlq count`: prints how many jobs are dead. */
import { Command } from 'clipanion'
import type { Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'

export class DlqCountCommand extends QueueCommand {
  static override paths = [['dlq', 'count']]
  static override usage = Command.Usage({ description: 'print how many jobs are dead' })

  protected async run(queue: Queue): Promise<void> {
    const { dead } = await queue.count()
    if (this.json) this.printJson({ dead })
    else this.print(String(dead))
  }
}
