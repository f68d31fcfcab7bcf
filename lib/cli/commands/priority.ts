/** `priority`: changes the priority of waiting jobs. */
import { ALLOWED_IN } from '../../job/state.ts'
import { Command } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { Queue } from '../../queue.ts'
import { ABOUT_IDS, SelectingCommand } from '../input/selection.ts'

export class PriorityCommand extends SelectingCommand {
  static override paths = [['priority']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'change the priority of jobs that are not running',
    details: `The last word is the priority, from -999 to 999; higher runs first. Jobs of equal priority keep their order. By
      hand: rename the file so that its name begins with 1000 minus the priority.\n\n${ABOUT_IDS}`,
    examples: [
      ['Run sooner', 'queuectl priority job1 10'],
      ['Run after all others', 'queuectl priority --tag nightly -5'],
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
    return this.forEachSelected(queue, {
      doing: 'change the priority of',
      name: 'priority',
      done: 'changed',
      states: ALLOWED_IN.priority,
      act: async (job) => {
        const { id } = await queue.prioritize(job, priority, { dryRun })
        return { id, line: `${id} has priority ${priority}` }
      },
    })
  }
}
