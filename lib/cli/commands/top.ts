/** `top`: a live screen. */
import { Command } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { listedJson } from '../jobs.ts'
import { look } from '../top/snapshot.ts'
import { stillOf, Top } from '../top/top.ts'

export class TopCommand extends QueueCommand {
  static override paths = [['top']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'a live screen of the queue, with keys to take a hand in it',
    details: `Keys: arrows (or j and k) select a job; f or Enter follows its output, Escape goes back; c cancels it, r
      sends it back to run again, h holds it; q quits. Where standard output is no terminal it prints one screen.`,
    examples: [
      ['Watch the queue and take a hand in it', 'queuectl top'],
      ['How it stands, for a script', 'queuectl top --json | jq .counts'],
    ],
  })
  static override forms = ['']

  protected async run(queue: Queue): Promise<number | void> {
    if (this.json) {
      const { counts, workers, next, failures } = await look(queue)
      return this.printJson({ counts, workers, next: next.map(listedJson), failures: failures.map(listedJson) })
    }
    if (this.io.isSeen && this.io.inputIsTerminal) return new Top(queue, this.io).run()
    for (const line of await stillOf(queue)) this.print(line)
  }
}
