/** `show` and `dlq show`: one job with its attempts. */
import { Command, Option } from 'clipanion'
import type { Job } from '../../job/job.ts'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { deadOne } from '../dead.ts'
import { jobJson, wholeJob } from '../jobs.ts'
import { outputOf } from '../output.ts'

export class ShowCommand extends QueueCommand {
  static override paths = [['show'], ['get']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'show a job with its attempts',
    details: `ID is the job's id in full, the last 6 or more characters of an id made by queuectl, or the word last for
      the job enqueued last.`,
    examples: [
      ['A job', 'queuectl show job1'],
      ['Why the last one failed', 'queuectl show last --json | jq -r .last_error'],
    ],
  })
  static override forms = ['ID']

  id = Option.String({ name: 'id' })

  protected async run(queue: Queue): Promise<void> {
    const job = await this.job(queue)
    const progress = queue.progress(job)
    if (this.json) return this.printJson(jobJson(job, progress))
    for (const line of wholeJob(job, this.io, progress)) this.print(line)
    const output = job.runs === 0 ? undefined : await outputOf(queue, job)
    if (!output) return
    for (const line of ['', `Output of run ${output.run}:`, `  ${output.stdout}`, `  ${output.stderr}`])
      this.print(line)
  }

  protected async job(queue: Queue): Promise<Job> {
    return queue.get(this.id)
  }
}

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

  protected override async job(queue: Queue): Promise<Job> {
    return queue.get(await deadOne(queue, this.id, 'show'))
  }
}
