/** `schedule run-now`: enqueues the job of a schedule at once. */
import { Command } from 'clipanion'
import type { Queue } from '../../../queue.ts'
import { jobJson } from '../../output/job-view.ts'
import { ScheduleNamingCommand } from './naming.ts'

export class ScheduleRunNowCommand extends ScheduleNamingCommand {
  static override paths = [['schedule', 'run-now']]
  static override usage = Command.Usage({
    category: 'Schedules',
    description: 'enqueue the job of a schedule at once',
    details: 'Its times stay as they are, and its overlap rule does not ask for this job.',
    examples: [['Try it before tonight', 'queuectl schedule run-now backup']],
  })

  protected async run(queue: Queue): Promise<void> {
    const job = await queue.runSchedule(this.name)
    if (this.json) this.printJson(jobJson(job))
    else this.print(`Enqueued ${job.id}`)
  }
}
