/** `cancel`: a job is not to run, or not to go on. */
import { ALLOWED_IN } from '../../job/state.ts'
import { Command, Option } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { ABOUT_IDS, SELECTION, SelectingCommand } from '../input/selection.ts'

export class CancelCommand extends SelectingCommand {
  static override paths = [['cancel']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'cancel jobs: to the dead letter queue with them',
    details: `A job that runs is ended first: SIGTERM to all its processes, SIGKILL ten seconds later. The command waits
      for that. A cancelled job can be sent back with retry ID; dlq retry --all passes it over.\n\n${ABOUT_IDS}`,
    examples: [
      ['One job', 'queuectl cancel job1'],
      ['Whatever of a queue waits or runs', 'queuectl cancel --queue mail'],
      ['With a reason, which show tells', 'queuectl cancel job1 --reason "wrong file"'],
    ],
  })
  static override forms = SELECTION.map((form) => `${form} [--reason TEXT]`)

  reason = Option.String('--reason', { description: '<TEXT> kept with the job' })

  protected async run(queue: Queue): Promise<number> {
    const { dryRun } = this
    return this.forSelected(queue, {
      doing: 'cancel',
      done: 'cancelled',
      states: ALLOWED_IN.cancel,
      // Runs take their time to end.
      atOnce: 32,
      act: async (meant) => {
        const job = await queue.cancel(meant, this.reason, { dryRun })
        const isOver = job.state === 'dead'
        return { id: job.id, line: isOver ? `Cancelled ${job.id}` : `Cancelling ${job.id}: its run has not ended yet` }
      },
    })
  }
}
