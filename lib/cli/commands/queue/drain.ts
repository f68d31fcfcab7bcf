/** `queue drain`: pauses queues and waits until nothing of them runs. */
import { Command, Option } from 'clipanion'
import { monotonicMs } from '../../../clock.ts'
import { QueueError } from '../../../errors.ts'
import type { Queue } from '../../../queue.ts'
import { isDuration } from '../../input/option-types.ts'
import { plural } from '../../output/text.ts'
import { QueuePausingCommand, queueWords, refuseNotObeyed } from './naming.ts'

export class QueueDrainCommand extends QueuePausingCommand {
  static override paths = [['queue', 'drain']]
  static override usage = Command.Usage({
    category: 'Queues',
    description: 'pause a queue and wait until none of its jobs runs',
    details: `Jobs that wait are not waited for, and the pause stays: resume it with queuectl queue resume. With --timeout it waits
      no longer than that (exit status 75).`,
    examples: [['Before the mail server is stopped', 'queuectl queue drain mail --timeout 5m']],
  })

  timeout = Option.String('-t,--timeout', {
    description: '<TIME> wait at most this long: 30, 5m',
    validator: isDuration,
  })

  protected async run(queue: Queue): Promise<void> {
    const names = this.named('queue drain')
    refuseNotObeyed(await this.pause(queue, names))
    const end = this.timeout === undefined ? undefined : monotonicMs() + this.timeout * 1000
    const results: { queue: string; running: string[] }[] = []
    for (const name of names) {
      const timeout = end === undefined ? {} : { timeout: Math.max(0, end - monotonicMs()) / 1000 }
      results.push({ queue: name, running: await queue.drainQueue(name, timeout) })
    }
    if (this.json) this.printJsonList(results)
    const left = results.flatMap(({ running }) => running)
    if (left.length > 0)
      throw new QueueError(
        'STILL_RUNNING',
        `${plural(left.length, 'job')} still running after ${this.timeout} s: ${left.join(', ')}`,
        'the pause stays; wait again with queuectl queue drain, or end them with queuectl cancel',
      )
    if (!this.json) for (const { queue: name } of results) this.print(`Drained ${queueWords(name)}; the pause stays`)
  }
}
