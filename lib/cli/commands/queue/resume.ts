/** `queue resume`: ends the pause of these queues. */
import { Command } from 'clipanion'
import type { Queue } from '../../../queue.ts'
import { QueueNamingCommand, queueWords } from './naming.ts'

export class QueueResumeCommand extends QueueNamingCommand {
  static override paths = [['queue', 'resume']]
  static override usage = Command.Usage({
    category: 'Queues',
    description: 'claim jobs of a paused queue again',
    details: 'A queue that was paused by --all is resumed by --all only. By hand: rm queues/QUEUE.paused in the home.',
    examples: [['The mail server is back', 'queuectl queue resume mail']],
  })

  protected async run(queue: Queue): Promise<void> {
    const results: { queue: string; was_paused: boolean }[] = []
    for (const name of this.named('queue resume'))
      results.push({ queue: name, was_paused: await queue.resumeQueue(name) })
    if (this.json) return this.printJsonList(results)
    for (const { queue: name, was_paused } of results)
      this.print(was_paused ? `Resumed ${queueWords(name)}` : `${queueWords(name)}: not paused`)
  }
}
