/** `dlq list`: lists dead jobs and why they died, one by one or grouped by error. */
import { Command, Option } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import { QueueError } from '../../../errors.ts'
import { errorFingerprint } from '../../../job/fingerprint.ts'
import type { ListedJob, Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { deadLines } from '../../output/job-view.ts'
import { printMatching } from '../../output/job-list.ts'
import { table } from '../../output/table.ts'
import { plural } from '../../output/text.ts'
import { visible } from '../../../job/sanitize.ts'
import { isCount } from '../../input/option-types.ts'
import { roughDuration } from '../../../job/time-text.ts'

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
      [
        'How many died of which error; numbers, paths, quoted texts and the like do not count',
        'queuectl dlq list --group',
      ],
      ['How many died of exactly the same error', 'queuectl dlq list --group --exact'],
      ['With the output of the last run of each', 'queuectl dlq list --output'],
    ],
  })
  static override forms = ['[options]']

  output = Option.Boolean('-o,--output', false, { description: 'with the output of the last run of each' })
  limit = Option.String('-n,--limit', { description: '<N> at most N jobs', validator: isCount(1) })
  group = Option.Boolean('-g,--group', false, { description: 'count by last error, most frequent first' })
  exact = Option.Boolean('--exact', false, { description: 'with --group: only the same errors are in one group' })
  sort = Option.String('--sort', { description: '<KEY> with --group: count (default), or last for the newest first' })
  queueName = Option.String('--queue', { description: '<NAME> only jobs of this queue' })
  tag = Option.String('--tag', { description: '<TAG> only jobs with this tag' })

  protected async run(queue: Queue): Promise<void> {
    const filter = {
      states: ['dead' as const],
      ...(this.queueName === undefined ? {} : { queue: this.queueName }),
      ...(this.tag === undefined ? {} : { tag: this.tag }),
    }
    const most = this.limit === undefined ? {} : { limit: this.limit }
    if (!this.group && (this.exact || this.sort !== undefined))
      throw new QueueError('USAGE', 'dlq list: --exact and --sort go with --group')
    if (this.sort !== undefined && this.sort !== 'count' && this.sort !== 'last')
      throw new QueueError('USAGE', `dlq list: cannot sort groups by ${JSON.stringify(this.sort)}`, 'by count or last')
    const none = 'the dead letter queue is empty'
    if (this.group) {
      const groups = groupByError(await queue.list(filter), this.exact, this.sort === 'last')
      return this.printGroups(groups.slice(0, this.limit), none)
    }
    await printMatching(filter, most, {
      queue,
      io: this.io,
      json: this.jsonList(),
      output: this.output,
      none,
      lines: deadLines,
    })
  }

  private printGroups(groups: readonly ErrorGroup[], none: string): void {
    if (this.json) return this.printJsonList(groups)
    if (groups.length === 0) return this.io.message(none)
    const ago = (iso: string | undefined): string =>
      iso === undefined ? '-' : roughDuration(nowMs() - Date.parse(iso))
    const rows = groups.map(({ error, fingerprint, jobs, first, last, queues }) => [
      plural(jobs.length, 'job'),
      ago(first),
      ago(last),
      visible(queues.join(',')),
      visible(jobs[0] ?? '-'),
      visible(this.exact || jobs.length === 1 ? error : fingerprint),
    ])
    const heads = [
      'JOBS',
      { head: 'FIRST', omit: 'any' as const },
      'LAST',
      { head: 'QUEUE', omit: 'same' as const, most: 16, wraps: true as const },
      { head: 'NEWEST', isId: true as const, most: 20 },
      'ERROR',
    ]
    for (const line of table(heads, rows, this.io.columns)) this.print(line)
  }
}

/** Dead jobs whose last errors are alike, newest first. */
interface ErrorGroup {
  /** That of the newest job. */
  readonly error: string
  /** What their errors have in common. */
  readonly fingerprint: string
  readonly jobs: readonly string[]
  readonly queues: readonly string[]
  /** When the oldest and the newest died. */
  readonly first: string | undefined
  readonly last: string | undefined
}

const errorOf = ({ job, unreadable }: ListedJob): string =>
  job?.last_error ?? (unreadable === undefined ? 'unknown' : `cannot be read: ${unreadable}`)
const diedAt = (one: ListedJob | undefined): string | undefined => one?.job?.finished_at ?? one?.job?.updated_at

/** @param found newest first */
function groupByError(found: readonly ListedJob[], isExact: boolean, isNewestFirst: boolean): ErrorGroup[] {
  const alike = new Map<string, ListedJob[]>()
  for (const one of found) {
    const key = isExact ? errorOf(one) : errorFingerprint(errorOf(one))
    const group = alike.get(key)
    if (group) group.push(one)
    else alike.set(key, [one])
  }
  const groups = [...alike].map(([key, all]): ErrorGroup => {
    const error = all[0] ? errorOf(all[0]) : key
    return {
      error,
      fingerprint: errorFingerprint(error),
      jobs: all.map(({ id }) => id),
      queues: [...new Set(all.flatMap(({ job }) => job?.queue ?? []))].sort(),
      first: diedAt(all.at(-1)),
      last: diedAt(all[0]),
    }
  })
  // Groups come in the order of their newest jobs.
  return isNewestFirst ? groups : groups.sort((a, b) => b.jobs.length - a.jobs.length)
}
