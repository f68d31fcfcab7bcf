/** `cancel`: a job is not to run, or not to go on. */
import { Command, Option } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { forEachId } from '../many.ts'

export class CancelCommand extends QueueCommand {
  static override paths = [['cancel']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'cancel jobs: to the dead letter queue with them',
    details: `A job that runs is ended first: SIGTERM to all its processes, SIGKILL ten seconds later. The command waits
      for that. A cancelled job can be sent back with retry ID; dlq retry --all passes it over.`,
    examples: [
      ['One job', 'queuectl cancel job1'],
      ['With a reason, which show tells', 'queuectl cancel job1 --reason "wrong file"'],
    ],
  })
  static override forms = ['ID... [--reason TEXT]']

  reason = Option.String('--reason', { description: '<TEXT> kept with the job' })
  ids = Option.Rest({ name: 'id', required: 1 })

  protected async run(queue: Queue): Promise<number> {
    return forEachId(this.ids, this.io, this.json, {
      done: 'cancelled',
      act: async (id) => {
        const job = await queue.cancel(id, this.reason)
        const isOver = job.state === 'dead'
        return { id: job.id, line: isOver ? `Cancelled ${job.id}` : `Cancelling ${job.id}: its run has not ended yet` }
      },
    })
  }
}
