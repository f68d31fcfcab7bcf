/** `schedule rm`: removes a schedule. */
import { Command } from 'clipanion'
import type { Queue } from '../../../queue.ts'
import { ScheduleNamingCommand } from './naming.ts'

export class ScheduleRemoveCommand extends ScheduleNamingCommand {
  static override paths = [['schedule', 'rm']]
  static override usage = Command.Usage({
    category: 'Schedules',
    description: 'remove a schedule',
    details: 'The jobs that it has made stay.',
    examples: [['Never again', 'queuectl schedule rm backup']],
  })

  protected async run(queue: Queue): Promise<void> {
    await queue.removeSchedule(this.name)
    if (this.json) this.printJson({ removed: this.name })
    else this.print(`Removed ${this.name}`)
  }
}
