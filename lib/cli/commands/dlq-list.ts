/** `dlq list`: the dead letter queue. */
import { Command, Option } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { deadLines } from '../jobs.ts'
import { printList } from '../lists.ts'
import { isCount } from '../values.ts'

export class DlqListCommand extends QueueCommand {
  static override paths = [
    ['dlq', 'list'],
    ['dlq', 'ls'],
  ]
  static override usage = Command.Usage({
    category: 'Dead letter queue',
    description: 'list dead jobs and what they died of, newest first',
    examples: [
      ['What died', 'queuectl dlq list'],
      ['With the output of the last run of each', 'queuectl dlq list --output'],
    ],
  })
  static override forms = ['[options]']

  output = Option.Boolean('-o,--output', false, { description: 'with what the last run of each wrote' })
  limit = Option.String('-n,--limit', { description: '<N> at most so many', validator: isCount(1) })

  protected async run(queue: Queue): Promise<void> {
    const found = await queue.list({ states: ['dead'] }, this.limit === undefined ? {} : { limit: this.limit })
    const none = 'the dead letter queue is empty'
    await printList(found, { queue, io: this.io, json: this.json, output: this.output, none, lines: deadLines })
  }
}
