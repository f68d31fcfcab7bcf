/** `next`: lists the jobs that run next. */
import { Command, Option } from 'clipanion'
import { nowMs } from '../../clock.ts'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { jobLines } from '../output/job-view.ts'
import { printList } from '../output/job-list.ts'
import { plural } from '../output/text.ts'
import { visible } from '../../job/sanitize.ts'
import { isCount } from '../input/option-types.ts'
import { timeUntil } from '../../job/time-text.ts'

export class NextCommand extends QueueCommand {
  static override paths = [['next']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'list the jobs that run next',
    details: 'In the order in which free slots take them; only the first unless N is given.',
    examples: [
      ['The next one', 'queuectl next'],
      ['The next five', 'queuectl next 5'],
    ],
  })
  static override forms = ['[N]']

  count = Option.String({ name: 'n', required: false, validator: isCount(1) })

  protected async run(queue: Queue): Promise<void> {
    const found = await queue.list({ states: ['pending'] }, { limit: this.count ?? 1 })
    const none = found.length > 0 || this.json ? '' : await this.noneMessage(queue)
    await printList(found, { queue, io: this.io, json: this.jsonList(), output: false, none, lines: jobLines })
  }

  private async noneMessage(queue: Queue): Promise<string> {
    const waiting = await queue.waiting()
    if (!waiting) return 'no job is pending'
    return `no job is pending; ${visible(waiting.id)} is due ${timeUntil(waiting.due, nowMs())} (${plural(waiting.count, 'job')} wait)`
  }
}
