/** `dlq list`: lists dead jobs and why they died, one by one or grouped by error. */
import { Command, Option } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import type { ListedJob, Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { deadLines } from '../../output/job-view.ts'
import { printList } from '../../output/job-list.ts'
import { plural, roughDuration, table, visible } from '../../output/text.ts'
import { isCount } from '../../input/option-types.ts'

export class DlqListCommand extends QueueCommand {
  static override paths = [
    ['dlq', 'list'],
    ['dlq', 'ls'],
  ]
  static override usage = Command.Usage({
    category: 'Dead letter queue',
    description: 'list dead jobs and why they died, newest first',
    examples: [
      ['Dead jobs', 'queuectl dlq list'],
      ['How many died of which error', 'queuectl dlq list --group'],
      ['With the output of the last run of each', 'queuectl dlq list --output'],
    ],
  })
  static override forms = ['[options]']

  output = Option.Boolean('-o,--output', false, { description: 'with the output of the last run of each' })
  limit = Option.String('-n,--limit', { description: '<N> at most N jobs', validator: isCount(1) })
  group = Option.Boolean('-g,--group', false, { description: 'count by last error, most frequent first' })
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
    if (this.group) return this.printGroups(groupByError(found).slice(0, this.limit), none)
    await printList(found, { queue, io: this.io, json: this.json, output: this.output, none, lines: deadLines })
  }

  private printGroups(groups: readonly ErrorGroup[], none: string): void {
    if (this.json) return this.printJson(groups)
    if (groups.length === 0) return this.io.message(none)
    const rows = groups.map(({ error, jobs, last }) => [
      plural(jobs.length, 'job'),
      last === undefined ? '-' : roughDuration(nowMs() - Date.parse(last)),
      visible(jobs[0] ?? '-'),
      visible(error),
    ])
    for (const line of table(['JOBS', 'LAST', 'NEWEST', 'ERROR'], rows, this.io.columns)) this.print(line)
  }
}

/** Dead jobs with the same last error, newest first. */
interface ErrorGroup {
  readonly error: string
  readonly jobs: string[]
  /** When the newest died. */
  readonly last: string | undefined
}

function groupByError(found: readonly ListedJob[]): ErrorGroup[] {
  const groups = new Map<string, ErrorGroup>()
  for (const { id, job, unreadable } of found) {
    const error = job?.last_error ?? (unreadable === undefined ? 'unknown' : `cannot be read: ${unreadable}`)
    const group = groups.get(error) ?? { error, jobs: [], last: job?.finished_at ?? job?.updated_at }
    group.jobs.push(id)
    groups.set(error, group)
  }
  return [...groups.values()].sort((a, b) => b.jobs.length - a.jobs.length)
}
