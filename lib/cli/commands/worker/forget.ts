/** `worker forget`: says that a worker elsewhere is gone. */
import { Command, Option } from 'clipanion'
import type { Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { visible } from '../../../job/sanitize.ts'

export class WorkerForgetCommand extends QueueCommand {
  static override paths = [['worker', 'forget']]
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'say that a worker elsewhere is gone: others take its jobs',
    details: `For a worker of another machine, which cannot be seen from here, after that machine was lost. First its lease is
      watched for the time of three renewals (a minute at most); a worker that renews it lives, and is not forgotten (exit
      status 3). Its runs may still go on there if it is only cut off.`,
    examples: [['Its machine burnt down', 'queuectl worker forget worker-4711-9e3a1c']],
  })
  static override forms = ['NAME']

  name = Option.String({ required: true })

  protected async run(queue: Queue): Promise<void> {
    if (!this.json) this.io.message(`watching whether ${visible(this.name)} renews its lease`)
    await queue.forgetWorker(this.name)
    if (this.json) this.printJson({ forgotten: this.name })
    else this.print(`Forgot ${visible(this.name)}: the next worker takes over its jobs`)
  }
}
