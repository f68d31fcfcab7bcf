/** `dlq show`: shows a dead job. */
import { Command } from 'clipanion'
import { QueueError } from '../../../errors.ts'
import type { Job } from '../../../job/job.ts'
import type { JobRefOrId, Queue } from '../../../queue.ts'
import { shownState, type State } from '../../../job/state.ts'
import { ShowCommand } from '../show.ts'

export class DlqShowCommand extends ShowCommand {
  static override paths = [['dlq', 'show']]
  static override usage = Command.Usage({
    category: 'Dead letter queue',
    description: 'show a dead job with its attempts',
    examples: [
      ['A dead job', 'queuectl dlq show job1'],
      ['Its last error', 'queuectl dlq show job1 --json | jq -r .last_error'],
    ],
  })

  protected override selectedStates: readonly State[] = ['dead']

  protected override async job(queue: Queue, selected: JobRefOrId): Promise<Job> {
    const job = await queue.get(selected)
    if (job.state === 'dead') return job
    throw new QueueError(
      'WRONG_STATE',
      `cannot show ${job.id}: it is not in the dead letter queue but ${shownState(job.state)}`,
    )
  }
}
