/** `init`: makes the home, which every other command does too if there is none. */
import { Command } from 'clipanion'
import { homePath } from '../../config/env.ts'
import type { Queue } from '../../queue.ts'
import { initHome } from '../../spool/init.ts'
import { QueueCommand } from '../command.ts'

export class InitCommand extends QueueCommand {
  static override paths = [['init']]
  static override usage = Command.Usage({
    category: 'Configuration',
    description: 'create the home directory if there is none',
    examples: [
      ['The default one', 'queuectl init'],
      ['Another one', 'queuectl init --home /srv/queue'],
    ],
  })
  static override readonly makesHome = true
  static override forms = ['[--home DIR]']

  override async execute(): Promise<number | void> {
    await initHome(homePath(this.context.home))
    return super.execute()
  }

  protected async run(queue: Queue): Promise<void> {
    if (this.json) this.printJson({ home: queue.home })
    else this.print(`The queue is ready in ${queue.home}`)
  }
}
