/** `schedule show`: one schedule, what it has done and will do. */
import { Command } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import { QueueError } from '../../../errors.ts'
import { visible } from '../../../job/sanitize.ts'
import { shellQuote } from '../../../job/shell-quote.ts'
import type { Queue } from '../../../queue.ts'
import { isBad } from '../../../schedule/schedule.ts'
import { PREVIEWED, previewLines, timeAgo } from '../../output/schedule-view.ts'
import { table } from '../../output/table.ts'
import { ScheduleNamingCommand } from './naming.ts'

/** How many of what it has done are printed. */
const SHOWN = 10

export class ScheduleShowCommand extends ScheduleNamingCommand {
  static override paths = [['schedule', 'show']]
  static override usage = Command.Usage({
    category: 'Schedules',
    description: 'show a schedule, what it has done and will do',
    details:
      'The last 64 times are kept, each with its job: fired, skipped (its last job was not finished), missed, or began.',
    examples: [['What did it do last night?', 'queuectl schedule show backup']],
  })

  protected async run(queue: Queue): Promise<void> {
    const info = await queue.schedule(this.name)
    const found = await queue.readSchedule(this.name)
    if (!info || !found)
      throw new QueueError(
        'NOT_FOUND',
        `there is no schedule ${JSON.stringify(this.name)}`,
        'see: queuectl schedule list',
      )
    const history = await queue.scheduleHistory(this.name)
    if (this.json) return this.printJson({ ...info, history })
    const now = nowMs()
    const reason = info.reason === undefined ? '' : ` (${visible(info.reason)})`
    this.print(
      `${info.name}: ${info.state}${reason}${info.description === undefined ? '' : `, ${visible(info.description)}`}`,
    )
    if (isBad(found)) this.print(`  ${visible(found.bad)}`)
    else {
      const { command } = found.job
      this.print(`  runs ${visible(typeof command === 'string' ? command : command.map(shellQuote).join(' '))}`)
      this.print(`  missed ${found.missed}, overlap ${found.overlap}, ${info.runs} jobs so far`)
      const times = await queue.nextTimes(this.name, PREVIEWED)
      for (const line of previewLines(found, now, times)) this.print(line)
    }
    const rows = history.slice(0, SHOWN).map(({ at, did, job }) => [timeAgo(at, now), did, job ?? '-'])
    if (rows.length > 0)
      for (const line of table(['TIME', 'DID', { head: 'JOB', isId: true }], rows, this.io.columns)) this.print(line)
  }
}
