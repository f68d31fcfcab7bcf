/** `priority` and `move`: the place of a job in line; `top` is in top.ts. */
import { ALLOWED_IN } from '../../job/state.ts'
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { Queue } from '../../queue.ts'
import { ABOUT_IDS, SelectingCommand } from '../input/selection.ts'

export class PriorityCommand extends SelectingCommand {
  static override paths = [['priority']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'change the priority of jobs that do not run',
    details: `The last word is the priority, from -999 to 999, higher first. Among equals the place in line stays.
      The same by hand: mv its file to a name that begins with 1000 minus the priority.\n\n${ABOUT_IDS}`,
    examples: [
      ['Sooner', 'queuectl priority job1 10'],
      ['After all others', 'queuectl priority --tag nightly -5'],
    ],
  })
  static override forms = ['ID... N', '[--all] [--state S] [--queue Q] [--tag T] N', '- N']

  protected async run(queue: Queue): Promise<number> {
    const { dryRun } = this
    const typed = this.ids.pop() ?? ''
    const priority = /^[+-]?\d+$/.test(typed) ? Number(typed) : Number.NaN
    if (Number.isNaN(priority))
      throw new QueueError(
        'USAGE',
        `priority: ${typed === '' ? 'which priority?' : `${JSON.stringify(typed)} is no priority`}`,
        'the last word is a whole number from -999 to 999: queuectl priority ID N',
      )
    return this.forSelected(queue, {
      doing: 'change the priority of',
      done: 'changed',
      states: ALLOWED_IN.priority,
      act: async (job) => {
        const { id } = await queue.prioritize(job, priority, { dryRun })
        return { id, line: `${id} has priority ${priority}` }
      },
    })
  }
}

export class MoveCommand extends SelectingCommand {
  static override paths = [['move']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'give jobs that do not run to another queue',
    details: `Their place in line stays. The same by hand: mv its file to a name that ends in @QUEUE.json.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl move job1 --queue slow'],
      ['All of a queue', 'queuectl move --from mail --queue slow'],
    ],
  })
  static override forms = ['ID... --queue Q', '[--all] [--state S] [--from Q] [--tag T] --queue Q', '- --queue Q']

  override queueName = Option.String('--from', { description: '<NAME> all of this queue' })
  target = Option.String('--queue', { description: '<NAME> the queue they go to' })

  protected async run(queue: Queue): Promise<number> {
    const { dryRun, target } = this
    if (target === undefined) throw new QueueError('USAGE', 'move: where to?', 'queuectl move ID... --queue NAME')
    return this.forSelected(queue, {
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
