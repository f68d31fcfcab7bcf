/** `schedule next`: the next times of one schedule, or of all. */
import { Command, Option } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import { QueueError } from '../../../errors.ts'
import { timeUntil } from '../../../job/time-text.ts'
import { isoTime } from '../../../job/time.ts'
import type { Queue } from '../../../queue.ts'
import { isZone } from '../../../schedule/occurrences.ts'
import { isBad } from '../../../schedule/schedule.ts'
import { QueueCommand } from '../../command.ts'
import { isCount } from '../../input/option-types.ts'
import { zonedTime, zoneOf } from '../../output/schedule-view.ts'
import { table } from '../../output/table.ts'

export class ScheduleNextCommand extends QueueCommand {
  static override paths = [['schedule', 'next']]
  static override usage = Command.Usage({
    category: 'Schedules',
    description: 'print the next times of a schedule, or of all',
    details: 'Times are in the zone of each schedule, or in that of --tz.',
    examples: [
      ['The next ten of one', 'queuectl schedule next backup -n 10'],
      ['What happens next, of all', 'queuectl schedule next --tz UTC'],
    ],
  })
  static override forms = ['[NAME]']

  name = Option.String({ required: false })
  count = Option.String('-n,--count', { description: '<N> how many (5)', validator: isCount(1, 1000) })
  tz = Option.String('--tz', { description: '<ZONE> print times in this zone' })

  protected async run(queue: Queue): Promise<void> {
    const { tz } = this
    if (tz !== undefined && !isZone(tz))
      throw new QueueError('USAGE', `schedule next: there is no time zone ${JSON.stringify(tz)}`)
    const count = this.count ?? 5
    const names = this.name === undefined ? (await queue.schedules()).map(({ name }) => name) : [this.name]
    const times: { name: string; at: number; zone: string }[] = []
    for (const name of names) {
      const schedule = await queue.readSchedule(name)
      if (!schedule && this.name !== undefined)
        throw new QueueError('NOT_FOUND', `there is no schedule ${JSON.stringify(name)}`, 'see: queuectl schedule list')
      if (!schedule || isBad(schedule)) continue
      for (const at of await queue.nextTimes(name, count)) times.push({ name, at, zone: tz ?? zoneOf(schedule) })
    }
    times.sort((a, b) => a.at - b.at)
    const shown = times.slice(0, count)
    if (this.json) return this.printJsonList(shown.map(({ name, at }) => ({ name, at: isoTime(at) })))
    const now = nowMs()
    const rows = shown.map(({ name, at, zone }) => [name, zonedTime(at, zone), timeUntil(isoTime(at), now)])
    if (rows.length > 0) for (const line of table(['NAME', 'TIME', 'IN'], rows, this.io.columns)) this.print(line)
  }
}
