/** `queue show`: one queue. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../../errors.ts'
import { whyNotQueue } from '../../../job/file-name.ts'
import { settingsWords } from '../../../job/queue-settings.ts'
import { visible } from '../../../job/sanitize.ts'
import type { Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { queueLines } from './list.ts'

export class QueueShowCommand extends QueueCommand {
  static override paths = [['queue', 'show']]
  static override usage = Command.Usage({
    category: 'Queues',
    description: 'show one queue',
    details:
      'Exit status 4 if it has no unfinished job, no settings and no pause. Its jobs: queuectl list --queue QUEUE.',
    examples: [['How far is it, and is it paused?', 'queuectl queue show mail']],
  })
  static override forms = ['QUEUE']

  name = Option.String({ required: true })

  protected async run(queue: Queue): Promise<void> {
    const why = whyNotQueue(this.name)
    if (why) throw new QueueError('USAGE', `queue show: ${JSON.stringify(this.name)}: ${why}`)
    const info = (await queue.queueInfos()).find((one) => one.queue === this.name)
    if (!info)
      throw new QueueError(
        'NOT_FOUND',
        `queue ${this.name} has no unfinished job and no settings`,
        'see all queues with: queuectl queue list',
      )
    if (this.json) return this.printJson(info)
    for (const line of queueLines([info], this.io.columns)) this.print(line)
    const { settings } = info
    if (settings !== null)
      this.print(
        'unreadable' in settings ? `BAD settings: ${visible(settings.unreadable)}` : visible(settingsWords(settings)),
      )
  }
}
