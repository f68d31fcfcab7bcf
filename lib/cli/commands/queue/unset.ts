/** `queue unset`: takes settings of a queue back. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../../errors.ts'
import { QUEUE_MEMBERS, type QueueMember } from '../../../job/queue-settings.ts'
import type { Queue } from '../../../queue.ts'
import { QueueSettingCommand } from './set.ts'

const NAMES = Object.keys(QUEUE_MEMBERS) as QueueMember[]

export class QueueUnsetCommand extends QueueSettingCommand {
  static override paths = [['queue', 'unset']]
  static override usage = Command.Usage({
    category: 'Queues',
    description: 'take settings of a queue back',
    details: `The settings are ${NAMES.join(', ')}. All of them: queuectl queue rm.`,
    examples: [['As many letters as there are slots', 'queuectl queue unset mail limit']],
  })
  static override forms = ['QUEUE SETTING...', '--all SETTING...']

  words = Option.Rest()

  protected async run(queue: Queue): Promise<void> {
    const [first, ...more] = this.words
    const name = this.one('queue unset', this.all ? undefined : first)
    const typed = (this.all ? this.words : more).map((word) => word.replaceAll('-', '_'))
    const unknown = typed.find((word) => !NAMES.includes(word as QueueMember))
    if (unknown !== undefined || typed.length === 0)
      throw new QueueError(
        'USAGE',
        unknown === undefined ? 'queue unset: which setting?' : `queue unset: there is no setting ${unknown}`,
        `there are: ${NAMES.join(', ')}`,
      )
    this.tell(await queue.setQueue(name, Object.fromEntries(typed.map((word) => [word, null]))))
  }
}
