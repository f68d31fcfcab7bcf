/** `schedule list`: the schedules, when each occurs next, and what came of the last time. */
import { Command } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import type { Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { SCHEDULE_HEAD, scheduleRow } from '../../output/schedule-view.ts'
import { table } from '../../output/table.ts'

export class ScheduleListCommand extends QueueCommand {
  static override paths = [['schedule', 'list']]
  static override usage = Command.Usage({
    category: 'Schedules',
    description: 'list the schedules, and when each occurs next',
    details: 'One that is BAD fires nothing until its file is mended; those that are over have no time left.',
    examples: [['All of them', 'queuectl schedule list']],
  })
  static override forms = ['[--json]']

  protected async run(queue: Queue): Promise<void> {
    const all = await queue.schedules()
    if (this.json) return this.printJsonList(all)
    const rows = all.map((info) => scheduleRow(info, nowMs()))
    if (rows.length > 0) for (const line of table(SCHEDULE_HEAD, rows, this.io.columns)) this.print(line)
  }
}
