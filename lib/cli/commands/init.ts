/** `init`: makes the home. Every other command does so too. */
import { Command } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'

export class InitCommand extends QueueCommand {
  static override paths = [['init']]
  static override usage = Command.Usage({
    category: 'Configuration',
    description: 'make the home directory; harmless where there is one',
    examples: [
      ['The default one', 'queuectl init'],
      ['Another one', 'queuectl init --home /srv/queue'],
    ],
  })
  static override forms = ['[--home DIR]']

  protected async run(queue: Queue): Promise<void> {
    if (this.json) this.printJson({ home: queue.home })
    else this.print(`The queue is ready in ${queue.home}`)
  }
}
