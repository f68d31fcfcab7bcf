/** `move`: puts waiting jobs into another queue. */
import { ALLOWED_IN } from '../../job/state.ts'
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { Queue } from '../../queue.ts'
import { ABOUT_IDS, SelectingCommand } from '../input/selection.ts'

export class MoveCommand extends SelectingCommand {
  static override paths = [['move']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'move jobs that are not running to another queue',
    details: `They keep their place in the order. By hand: rename the file so that its name ends in @QUEUE.json.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl move job1 --queue slow'],
      ['All jobs of a queue', 'queuectl move --from mail --queue slow'],
    ],
  })
  static override forms = ['ID... --queue Q', '[--all] [--state S] [--from Q] [--tag T] --queue Q', '- --queue Q']

  override queueName = Option.String('--from', { description: '<NAME> all jobs of this queue' })
  target = Option.String('--queue', { description: '<NAME> the queue to move them to' })

  protected async run(queue: Queue): Promise<number> {
    const { dryRun, target } = this
    if (target === undefined) throw new QueueError('USAGE', 'move: where to?', 'queuectl move ID... --queue NAME')
    return this.forEachSelected(queue, {
      doing: 'move',
      done: 'moved',
      states: ALLOWED_IN.move,
      act: async (job) => {
        const { id } = await queue.move(job, target, { dryRun })
        return { id, line: `Moved ${id} to ${target}` }
      },
    })
  }
}
