/** `queue pause`: no job of these queues is claimed any more. */
import { Command, Option } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import { QueueError } from '../../../errors.ts'
import type { PauseResult, Queue } from '../../../queue.ts'
import { isDuration } from '../../input/option-types.ts'
import { QueueNamingCommand, queueWords } from './naming.ts'

export class QueuePauseCommand extends QueueNamingCommand {
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
  static override makesHome = true

  reason = Option.String('-m,--reason', { description: '<TEXT> why, for those who look' })
  for = Option.String('--for', {
    description: '<TIME> resume by itself after this long: 30m, 2h',
    validator: isDuration,
  })

  protected async run(queue: Queue): Promise<void> {
    const names = this.named('queue pause')
    const options = {
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      ...(this.for === undefined ? {} : { until: nowMs() + this.for * 1000 }),
    }
    const results: PauseResult[] = []
    for (const name of names) results.push(await queue.pauseQueue(name, options))
    if (this.json) this.printJsonList(results)
    else for (const result of results) this.print(`Paused ${queueWords(result.queue)}`)
    refuseNotObeyed(results)
  }
}

/** @throws QueueError STILL_RUNNING naming the workers that may still claim */
export function refuseNotObeyed(results: readonly PauseResult[]): void {
  const workers = [...new Set(results.flatMap((result) => result.not_obeying))]
  if (workers.length === 0) return
  throw new QueueError(
    'STILL_RUNNING',
    `${workers.join(', ')} may not obey the pause yet: not answering, or of a version without pauses`,
    'see queuectl worker list; restart older workers with: queuectl worker restart',
  )
}
