/** What the commands on one schedule have in common: its name. */
import { Option } from 'clipanion'
import { QueueError } from '../../../errors.ts'
import type { Queue } from '../../../queue.ts'
import { isBad, type Schedule } from '../../../schedule/schedule.ts'
import { QueueCommand } from '../../command.ts'

export abstract class ScheduleNamingCommand extends QueueCommand {
  static override readonly forms: readonly string[] = ['NAME']

  name = Option.String({ required: true })

  /** @throws QueueError NOT_FOUND; USAGE when its file cannot be obeyed */
  protected async readable(queue: Queue, doing: string): Promise<Schedule> {
    const found = await queue.readSchedule(this.name)
    if (!found)
      throw new QueueError(
        'NOT_FOUND',
        `cannot ${doing} ${this.name}: there is no such schedule`,
        'see: queuectl schedule list',
      )
    if (isBad(found))
      throw new QueueError(
        'USAGE',
        `cannot ${doing} ${this.name}: ${found.bad}`,
        `mend it with: queuectl schedule edit ${this.name}`,
      )
    return found
  }
}
