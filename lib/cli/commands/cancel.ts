/** `cancel`: ends jobs, waiting or running, and moves them to the dead letter queue. */
import { ALLOWED_IN } from '../../job/state.ts'
import { Command, Option } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { ABOUT_IDS, SELECTION, SelectingCommand } from '../input/selection.ts'

export class CancelCommand extends SelectingCommand {
  static override paths = [['cancel']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'cancel jobs: end them, move them to the dead letter queue',
    details: `A running job is ended first: SIGTERM to all its processes, SIGKILL ten seconds later; the command waits for that.
      retry ID runs a cancelled job again; dlq retry --all skips it.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl cancel job1'],
      ['Every job of a queue that waits or runs', 'queuectl cancel --queue mail'],
      ['With a reason, which show prints', 'queuectl cancel job1 --reason "wrong file"'],
    ],
  })
  static override forms = SELECTION.map((form) => `${form} [--reason TEXT]`)

  reason = Option.String('--reason', { description: '<TEXT> why; stored with the job' })

  protected async run(queue: Queue): Promise<number> {
    const { dryRun } = this
    return this.forEachSelected(queue, {
      doing: 'cancel',
      done: 'cancelled',
      states: ALLOWED_IN.cancel,
      // Ending a run takes time.
      concurrency: 32,
      act: async (selected) => {
        const job = await queue.cancel(selected, this.reason, { dryRun })
        const hasEnded = job.state === 'dead'
        return {
          id: job.id,
          line: hasEnded ? `Cancelled ${job.id}` : `Cancelling ${job.id}: its run has not ended yet`,
        }
      },
    })
  }
}
