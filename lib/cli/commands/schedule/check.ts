/** `schedule check`: are these files schedules? For hooks of git. */
import { basename } from 'node:path'
import { Command, Option } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import type { Queue } from '../../../queue.ts'
import { isBad, parseSchedule, whyNotScheduleName } from '../../../schedule/schedule.ts'
import { timingWords, warningsOf } from '../../../schedule/words.ts'
import { QueueCommand } from '../../command.ts'
import { readNamedFile } from '../../input/named-file.ts'
import { visible } from '../../../job/sanitize.ts'

interface Checked {
  readonly file: string
  /** The line that is to blame; counts from 1. */
  readonly line: number
  readonly ok: boolean
  readonly says: string
  readonly warnings: readonly string[]
}

export class ScheduleCheckCommand extends QueueCommand {
  static override paths = [['schedule', 'check']]
  static override usage = Command.Usage({
    category: 'Schedules',
    description: 'check the files of schedules',
    details: `Without files, all schedules of the home. Prints file:line and what is wrong, and what is seldom meant; exit status 2 if
      one would fire nothing. Made for a pre-commit hook of a repository in which schedules are kept.`,
    examples: [['Before a commit', 'queuectl schedule check schedules/*.json']],
  })
  static override forms = ['[FILE...]']

  files = Option.Rest()

  protected async run(queue: Queue): Promise<number> {
    const files = this.files.length > 0 ? this.files : await queue.scheduleFiles()
    const checked = files.map((file) => check(file))
    if (this.json) this.printJsonList(checked)
    else
      for (const { file, line, says, warnings } of checked) {
        this.print(`${visible(file)}:${line}: ${visible(says)}`)
        for (const warning of warnings) this.print(`${visible(file)}:${line}: note: ${visible(warning)}`)
      }
    return checked.every(({ ok }) => ok) ? 0 : 2
  }
}

/** @throws QueueError NOT_FOUND when there is no such file */
function check(file: string): Checked {
  const name = basename(file, '.json')
  const text = readNamedFile(file, 'check')
  const whyNot = file.endsWith('.json') ? whyNotScheduleName(name) : 'its name does not end in .json'
  if (whyNot) return { file, line: 1, ok: false, says: whyNot, warnings: [] }
  const schedule = parseSchedule(name, text, nowMs())
  if (isBad(schedule)) return { file, line: lineOf(text, schedule.bad), ok: false, says: schedule.bad, warnings: [] }
  const line = lineOf(text, schedule.timing.kind === 'cron' ? 'cron:' : 'every:')
  return { file, line, ok: true, says: timingWords(schedule), warnings: warningsOf(schedule, nowMs()) }
}

/** The line of the member that a message begins with, or at which the text is no JSON. */
function lineOf(text: string, message: string): number {
  const [, position] = /at position (\d+)/.exec(message) ?? []
  if (position !== undefined) return text.slice(0, Number(position)).split('\n').length
  const [, member = ''] = /^(?:there is no member )?"?(\w+)"?[:;]?/.exec(message) ?? []
  const at = text.split('\n').findIndex((line) => line.includes(`"${member}"`))
  return Math.max(1, at + 1)
}
