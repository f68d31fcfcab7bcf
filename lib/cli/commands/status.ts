/** `status`, also bare `queuectl`: how many jobs are in each state. */
import { jsonText } from '../../job/sanitize.ts'
import { Command, Option } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { jobJson, jobDetails } from '../output/job-view.ts'
import { statusLines } from '../output/status.ts'
import { printRepeatedly } from '../output/refresh.ts'

export class StatusCommand extends QueueCommand {
  static override paths = [['status']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'count the jobs in each state, and the workers',
    details: `Pending includes jobs scheduled for later. Active workers are slots: a worker started with --count 3 counts as 3.
      With an ID it shows that job.`,
    examples: [
      ['The queue now', 'queuectl status'],
      ['Again every two seconds, until Ctrl-C', 'queuectl status --watch'],
      ['For a script', 'queuectl status --json'],
    ],
  })
  static override forms = ['[--watch]', 'ID']

  watch = Option.Boolean('-w,--watch', false, { description: 'repeat every two seconds' })
  id = Option.String({ name: 'id', required: false })

  protected async run(queue: Queue): Promise<number | void> {
    if (this.watch) return printRepeatedly(this.io, () => this.lines(queue))
    for (const line of await this.lines(queue)) this.print(line)
  }

  private async lines(queue: Queue): Promise<string[]> {
    if (this.id !== undefined) {
      const job = await queue.get(this.id)
      const progress = queue.progress(job)
      return this.json ? [jsonText(jobJson(job, progress))] : jobDetails(job, this.io, progress)
    }
    return statusLines(queue, this.io, this.json)
  }
}
