/** `top`: a live screen of the queue; with ids, makes these jobs run next. */
import { Command } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { listedJson } from '../output/job-view.ts'
import { ABOUT_IDS, SelectingCommand } from '../input/selection.ts'
import { takeSnapshot } from '../top/snapshot.ts'
import { oneScreen, Top } from '../top/app.ts'

export class TopCommand extends SelectingCommand {
  static override paths = [['top']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'watch and control the queue live; with ids: run these next',
    details: `Keys: arrows (or j and k) select a job; f or Enter follows its output, Escape goes back; c cancels it, r runs it
      again, h holds it; / shows only jobs with a text in them; ? says more; q quits. If standard output is not a terminal, it prints one screen.

      With ids, the jobs get the highest priority of all waiting jobs; those waiting for a start time or another attempt
      stop waiting for it. Several run in the order given.\n\n${ABOUT_IDS}`,
    examples: [
      ['Watch and control the queue', 'queuectl top'],
      ['The counts, for a script', 'queuectl top --json | jq .counts'],
      ['Run this job next', 'queuectl top job1'],
      ['Run these two, in this order', 'queuectl top job7 job3'],
    ],
  })
  static override forms = ['', 'ID...', '[--all] [--state S] [--queue Q] [--tag T]', '-']

  protected async run(queue: Queue): Promise<number | void> {
    if (this.hasSelection) return this.putOnTop(queue)
    if (this.json) {
      const { counts, workers, next, failures } = await takeSnapshot(queue)
      return this.printJson({ counts, workers, next: next.map(listedJson), failures: failures.map(listedJson) })
    }
    if (this.io.stdoutIsTerminal && this.io.inputIsTerminal) return new Top(queue, this.io).run()
    for (const line of await oneScreen(queue)) this.print(line)
  }

  private putOnTop(queue: Queue): Promise<number> {
    const { dryRun } = this
    return this.forEachSelected(queue, {
      doing: 'put on top',
      name: 'top',
      done: 'put on top',
      states: ['pending'],
      lastFirst: true,
      act: async (job) => {
        const { id } = await queue.top(job, { dryRun })
        return { id, line: `${id} runs next` }
      },
    })
  }
}
