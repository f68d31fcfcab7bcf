/** `queue pause`: no job of these queues is claimed any more. */
import { Command, Option } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import type { Queue } from '../../../queue.ts'
import { isDuration } from '../../input/option-types.ts'
import { QueuePausingCommand, queueWords, refuseNotObeyed } from './naming.ts'

export class QueuePauseCommand extends QueuePausingCommand {
  static override paths = [['queue', 'pause']]
  static override usage = Command.Usage({
    category: 'Queues',
    description: 'claim no more jobs of a queue until it is resumed',
    details: `When the command returns no job of the queue is claimed; what runs goes on. It lasts over restarts. A worker that
      does not answer within 3 seconds, or is too old to know pauses, is named (exit status 75): the pause is there, but it
      may not obey. By hand: touch queues/QUEUE.paused in the home; the first line of the file is the reason.`,
    examples: [
      ['Stop sending while the mail server is down', 'queuectl queue pause mail --reason "server down"'],
      ['Everything, for two hours', 'queuectl queue pause --all --for 2h'],
    ],
  })

  for = Option.String('--for', {
    description: '<TIME> resume by itself after this long: 30m, 2h',
    validator: isDuration,
  })

  protected async run(queue: Queue): Promise<void> {
    const names = this.named('queue pause')
    const until = this.for === undefined ? undefined : nowMs() + this.for * 1000
    const results = await this.pause(queue, names, until)
    if (this.json) this.printJsonList(results)
    else for (const result of results) this.print(`Paused ${queueWords(result.queue)}`)
    refuseNotObeyed(results)
  }
}
