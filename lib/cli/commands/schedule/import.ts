/** `schedule import`: makes schedules of the lines of a crontab. */
import { homedir } from 'node:os'
import { Command, Option } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import { QueueError } from '../../../errors.ts'
import { visible } from '../../../job/sanitize.ts'
import type { Queue } from '../../../queue.ts'
import { type CrontabEntry, parseCrontab } from '../../../schedule/crontab.ts'
import { isBad, parseSchedule, printSchedule } from '../../../schedule/schedule.ts'
import { timingWords, warningsOf } from '../../../schedule/words.ts'
import { QueueCommand } from '../../command.ts'
import { readNamedFile } from '../../input/named-file.ts'

export class ScheduleImportCommand extends QueueCommand {
  static override paths = [['schedule', 'import']]
  static override usage = Command.Usage({
    category: 'Schedules',
    description: 'make schedules of the lines of a crontab',
    details: `Each line becomes a schedule named after its program; variables set above it go into its environment, CRON_TZ is its zone,
      and what follows a % is its input. Lines that cannot are named, with the reason (exit status 6). Nothing is added when a name is
      taken already. Your crontab stays as it is: remove the lines from it yourself.`,
    examples: [
      ['What would it make?', 'crontab -l >crontab.txt; queuectl schedule import crontab.txt --dry-run'],
      ['From standard input', 'crontab -l | queuectl schedule import -'],
    ],
  })
  static override readonly makesHome = true
  static override forms = ['FILE', '-']

  file = Option.String({ required: true })
  tz = Option.String('--tz', { description: '<ZONE> of the times (that of this machine)' })
  dryRun = Option.Boolean('-n,--dry-run', false, { description: 'print what would be added, and add nothing' })

  protected async run(queue: Queue): Promise<number> {
    const tz = this.tz ?? Intl.DateTimeFormat().resolvedOptions().timeZone
    const entries = parseCrontab(readNamedFile(this.file, 'import'), { tz, cwd: homedir() }).map(judged)
    const good = entries.flatMap(({ name, schedule }) => (name !== undefined && schedule ? [{ name, schedule }] : []))
    const taken = new Set((await queue.schedules()).map(({ name }) => name))
    const double = good.find(({ name }) => taken.has(name))
    if (double) throw new QueueError('WRONG_STATE', `there is a schedule ${double.name} already: nothing was added`)
    if (!this.dryRun) for (const { name, schedule } of good) await queue.addSchedule(name, schedule)
    if (this.json) this.printJsonList(entries)
    else for (const entry of entries) for (const line of this.lines(entry)) this.print(line)
    return entries.every(({ schedule }) => schedule) ? 0 : 6
  }

  private lines({ line, name, schedule, why }: CrontabEntry): string[] {
    const where = `${this.file === '-' ? 'line' : visible(this.file)}:${line}`
    if (name === undefined || !schedule) return [`${where}: not imported: ${visible(why ?? '')}`]
    const parsed = parseSchedule(name, printSchedule(schedule), nowMs())
    if (isBad(parsed)) return []
    return [
      `${where}: ${this.dryRun ? 'would add' : 'added'} ${name}: ${visible(timingWords(parsed))}`,
      ...warningsOf(parsed, nowMs()).map((warning) => `${where}: note: ${visible(warning)}`),
    ]
  }
}

/** A line whose times are no times cannot be imported either. */
function judged(entry: CrontabEntry): CrontabEntry {
  if (entry.name === undefined || !entry.schedule) return entry
  const parsed = parseSchedule(entry.name, printSchedule(entry.schedule), nowMs())
  return isBad(parsed) ? { line: entry.line, why: parsed.bad } : entry
}
