/** `dlq list` and `dlq export`: the dead letter queue. */
import { Command, Option } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import type { ListedJob, Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { deadLines, jobJson } from '../../output/job-view.ts'
import { printList } from '../../output/job-list.ts'
import { plural, rough, table, visible } from '../../output/text.ts'
import { SelectingCommand } from '../../input/selection.ts'
import { isCount } from '../../input/option-types.ts'

export class DlqListCommand extends QueueCommand {
  static override paths = [
    ['dlq', 'list'],
    ['dlq', 'ls'],
  ]
  static override usage = Command.Usage({
    category: 'Dead letter queue',
    description: 'list dead jobs and what they died of, newest first',
    examples: [
      ['What died', 'queuectl dlq list'],
      ['How many died of what', 'queuectl dlq list --group'],
      ['With the output of the last run of each', 'queuectl dlq list --output'],
    ],
  })
  static override forms = ['[options]']

  output = Option.Boolean('-o,--output', false, { description: 'with what the last run of each wrote' })
  limit = Option.String('-n,--limit', { description: '<N> at most so many', validator: isCount(1) })
  group = Option.Boolean('-g,--group', false, { description: 'a line for each last error, the most frequent first' })
  queueName = Option.String('--queue', { description: '<NAME> only jobs of this queue' })
  tag = Option.String('--tag', { description: '<TAG> only jobs with this tag' })

  protected async run(queue: Queue): Promise<void> {
    const filter = {
      states: ['dead' as const],
      ...(this.queueName === undefined ? {} : { queue: this.queueName }),
      ...(this.tag === undefined ? {} : { tag: this.tag }),
    }
    const most = this.limit === undefined ? {} : { limit: this.limit }
    const found = await queue.list(filter, this.group ? {} : most)
    const none = 'the dead letter queue is empty'
    if (this.group) return this.printGroups(byError(found).slice(0, this.limit), none)
    await printList(found, { queue, io: this.io, json: this.json, output: this.output, none, lines: deadLines })
  }

  private printGroups(groups: readonly Group[], none: string): void {
    if (this.json) return this.printJson(groups)
    if (groups.length === 0) return this.io.say(none)
    const rows = groups.map(({ error, jobs, last }) => [
      plural(jobs.length, 'job'),
      last === undefined ? '-' : rough(nowMs() - Date.parse(last)),
      visible(jobs[0] ?? '-'),
      visible(error),
    ])
    for (const line of table(['JOBS', 'LAST', 'NEWEST', 'ERROR'], rows, this.io.columns)) this.print(line)
  }
}

/** Dead jobs that have the same last error, newest first. */
interface Group {
  readonly error: string
  readonly jobs: string[]
  /** When the newest died. */
  readonly last: string | undefined
}

function byError(found: readonly ListedJob[]): Group[] {
  const groups = new Map<string, Group>()
  for (const { id, job, unreadable } of found) {
    const error = job?.last_error ?? (unreadable === undefined ? 'unknown' : `cannot be read: ${unreadable}`)
    const group = groups.get(error) ?? { error, jobs: [], last: job?.finished_at ?? job?.updated_at }
    group.jobs.push(id)
    groups.set(error, group)
  }
  return [...groups.values()].sort((a, b) => b.jobs.length - a.jobs.length)
}

export class DlqExportCommand extends SelectingCommand {
  static override paths = [['dlq', 'export']]
  static override usage = Command.Usage({
    category: 'Dead letter queue',
    description: 'print dead jobs as NDJSON, one to a line',
    details: `All of them, unless ids or options say which. Nothing is changed; what was exported can be enqueued again
      after a purge with enqueue -, under the same ids.`,
    examples: [
      ['Keep what is about to be removed', 'queuectl dlq export >dead.ndjson && queuectl dlq purge --all'],
      ['Into another home', 'queuectl dlq export | queuectl --home DIR enqueue -'],
    ],
  })
  static override forms = ['[ID...]', '[--queue Q] [--tag T]', '-']

  // Nothing is changed here.
  override dryRun = false

  protected async run(queue: Queue): Promise<void> {
    if (this.ids.length === 0) this.all = true
    const { jobs } = await this.selected(queue, 'export', ['dead'])
    for (const job of jobs) {
      if (this.io.isOver) return
      if (job instanceof Error) throw job
      const found = await queue.get(job)
      if (found.state === 'dead') this.printJson(jobJson(found))
    }
  }
}
