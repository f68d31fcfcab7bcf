/** `queue rm`: removes the settings of a queue. */
import { Command, Option } from 'clipanion'
import type { Queue } from '../../../queue.ts'
import { queueWords, refuseNotObeyed } from './naming.ts'
import { QueueSettingCommand } from './set.ts'

export class QueueRemoveCommand extends QueueSettingCommand {
  static override paths = [['queue', 'rm']]
  static override usage = Command.Usage({
    category: 'Queues',
    description: 'remove the settings of a queue',
    details: 'Its jobs and its pause stay: queuectl cancel --queue QUEUE, queuectl queue resume QUEUE.',
    examples: [['No limit and no defaults any more', 'queuectl queue rm mail']],
  })
  static override forms = ['QUEUE', '--all']

  name = Option.String({ required: false })

  protected async run(queue: Queue): Promise<void> {
    const result = await queue.removeQueue(this.one('queue rm', this.name))
    if (this.json) this.printJson(result)
    else this.print(`Removed the settings of ${queueWords(result.queue)}`)
    refuseNotObeyed([result], 'settings')
  }
}
