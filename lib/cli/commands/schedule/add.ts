/** `schedule add`: enqueues a job again and again. */
import { Command, Option } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import { QueueError } from '../../../errors.ts'
import { isoTime } from '../../../job/time.ts'
import type { JobRequest } from '../../../job/job.ts'
import type { Queue } from '../../../queue.ts'
import { isBad, parseSchedule, printSchedule } from '../../../schedule/schedule.ts'
import { MISSED, OVERLAP } from '../../../schedule/terms.ts'
import { JobCommand } from '../../input/job-options.ts'
import { isCount, isOneOf, isWhen } from '../../input/option-types.ts'
import { previewLines } from '../../output/schedule-view.ts'

/** Five or six fields as crontab has them, or a word for some. */
const PATTERN = /^(?:@[a-z]+|[\d*][\d*,/-]*(?:\s+[\w*,/?#-]+){4,5})$/

export class ScheduleAddCommand extends JobCommand {
  static override paths = [['schedule', 'add']]
  static override usage = Command.Usage({
    category: 'Schedules',
    description: 'enqueue a job again and again',
    details: `Writes schedules/NAME.json in the home, a file fit for an editor and for git; times count from now. Times are those of
      --tz, else of this machine's zone, which is written into the file. Each time is fired at most once by any number of
      workers; without one nothing fires, and --missed decides at the next start. With --dry-run only the preview is printed.`,
    examples: [
      ['Every night', 'queuectl schedule add backup --cron "30 2 * * *" -- ./backup.sh'],
      [
        'Every ten minutes, one at a time',
        'queuectl schedule add sync --every 10m --overlap skip -c "./sync.sh >>log"',
      ],
      ['What would that be?', 'queuectl schedule add x --cron "0 9 * * 1-5" --tz Europe/Berlin --dry-run -- true'],
    ],
  })
  static override readonly makesHome = true
  static override forms = ['NAME --cron PATTERN [options] -- PROGRAM [ARG...]', 'NAME --every TIME [options] -c LINE']

  cron = Option.String('--cron', { description: '<PATTERN> minute, hour, day, month, weekday; or @daily and such' })
  every = Option.String('--every', { description: '<TIME> every so long: 30s, 10m, 1d' })
  tz = Option.String('--tz', { description: '<ZONE> of --cron: Europe/Berlin, UTC (the zone of this machine)' })
  seconds = Option.Boolean('--seconds', false, { description: '--cron has a field of seconds first' })
  missed = Option.String('--missed', {
    description: '<once|skip|all> what becomes of times at which no worker was there (once)',
    validator: isOneOf(MISSED),
  })
  maxMissed = Option.String('--max-missed', {
    description: '<N> with all, how many at most (100)',
    validator: isCount(1),
  })
  grace = Option.String('--grace', { description: '<TIME> with skip, how late one may still be fired (60s)' })
  overlap = Option.String('--overlap', {
    description: '<skip|queue|allow|replace> while its last job is not finished (skip)',
    validator: isOneOf(OVERLAP),
  })
  spread = Option.String('--jitter', { description: '<TIME> make each job up to this much later' })
  from = Option.String('--from', { description: '<WHEN> not before this time', validator: isWhen })
  until = Option.String('--until', { description: '<WHEN> not after this time', validator: isWhen })
  maxRuns = Option.String('--max-runs', { description: '<N> how many jobs it makes in all', validator: isCount(1) })
  about = Option.String('--description', { description: '<TEXT> what it is for' })
  dryRun = Option.Boolean('-n,--dry-run', false, { description: 'print the next times, and add nothing' })

  protected readonly verb = 'schedule add'

  protected async run(queue: Queue): Promise<void> {
    const [name, ...words] = this.words
    if (name === undefined)
      throw new QueueError(
        'USAGE',
        'schedule add: which name?',
        'queuectl schedule add NAME --cron "30 2 * * *" -- COMMAND',
      )
    this.words = words
    const [first = ''] = words
    if (this.cron === undefined && this.every === undefined && PATTERN.test(first))
      throw new QueueError(
        'USAGE',
        `schedule add: ${JSON.stringify(first)} looks like a pattern, and is no command`,
        `patterns are given with --cron: queuectl schedule add ${name} --cron ${JSON.stringify(first)} -- COMMAND`,
      )
    const source = await this.jobSource()
    if ('from' in source) throw new QueueError('USAGE', 'schedule add: it has one job')
    const members = this.members(this.request(source.job))
    const schedule = parseSchedule(name, printSchedule(members), nowMs())
    if (isBad(schedule)) throw new QueueError('USAGE', `schedule add: ${schedule.bad}`, 'see: queuectl help schedules')
    if (!this.dryRun) await queue.addSchedule(name, members)
    if (this.json) return this.printJson(this.dryRun ? members : await queue.schedule(name))
    this.print(`${this.dryRun ? 'Would add' : 'Added'} ${name}`)
    for (const line of previewLines(schedule, nowMs())) this.print(line)
  }

  private members(job: JobRequest): Record<string, unknown> {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
    return Object.fromEntries(
      Object.entries({
        cron: this.cron,
        every: this.every,
        seconds: this.seconds ? true : undefined,
        tz: this.cron === undefined ? this.tz : (this.tz ?? timeZone),
        missed: this.missed,
        max_missed: this.maxMissed,
        grace: this.grace,
        overlap: this.overlap,
        jitter: this.spread,
        from: this.from === undefined ? undefined : isoTime(this.from),
        until: this.until === undefined ? undefined : isoTime(this.until),
        max_runs: this.maxRuns,
        description: this.about,
        job,
      }).filter(([, value]) => value !== undefined),
    )
  }
}
