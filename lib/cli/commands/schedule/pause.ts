/** `schedule pause` and `schedule resume`. */
import { Command, Option } from 'clipanion'
import type { Queue } from '../../../queue.ts'
import { ScheduleNamingCommand } from './naming.ts'

export class SchedulePauseCommand extends ScheduleNamingCommand {
  static override paths = [['schedule', 'pause']]
  static override usage = Command.Usage({
    category: 'Schedules',
    description: 'fire no more times of a schedule until it is resumed',
    details:
      'Times that pass while it is paused are not made up for. By hand: touch schedules/NAME.paused in the home.',
    examples: [['During the holidays', 'queuectl schedule pause report --reason holidays']],
  })

  reason = Option.String('-m,--reason', { description: '<TEXT> why, for those who look' })

  protected async run(queue: Queue): Promise<void> {
    await queue.pauseSchedule(this.name, this.reason)
    if (this.json) this.printJson(await queue.schedule(this.name))
    else this.print(`Paused ${this.name}`)
  }
}

export class ScheduleResumeCommand extends ScheduleNamingCommand {
  static override paths = [['schedule', 'resume']]
  static override usage = Command.Usage({
    category: 'Schedules',
    description: 'fire the times of a paused schedule again',
    details: 'Times count from now. By hand: rm schedules/NAME.paused in the home.',
    examples: [['The holidays are over', 'queuectl schedule resume report']],
  })

  protected async run(queue: Queue): Promise<void> {
    const wasPaused = await queue.resumeSchedule(this.name)
    if (this.json) this.printJson(await queue.schedule(this.name))
    else this.print(wasPaused ? `Resumed ${this.name}` : `${this.name}: not paused`)
  }
}
