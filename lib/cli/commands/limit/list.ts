/** `limit list` and `limit show`: who has the numbers of each limit. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../../errors.ts'
import { visible } from '../../../job/sanitize.ts'
import type { LimitInfo, Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { table } from '../../output/table.ts'

export class LimitListCommand extends QueueCommand {
  static override paths = [['limit', 'list']]
  static override usage = Command.Usage({
    category: 'Queues',
    description: 'list the limits, and how many commands run under each',
    details: 'A limit is set with queuectl queue set QUEUE --limit N, or for all queues together with --all.',
    examples: [['All limits', 'queuectl limit list']],
  })
  static override forms = ['[--json]']

  protected async run(queue: Queue): Promise<void> {
    const limits = await queue.limits()
    if (this.json) return this.printJsonList(limits)
    const rows = limits.map(({ limit, cap, taken }) => [limit, capText(cap), String(taken.length), jobsText(taken)])
    if (rows.length > 0)
      for (const line of table(['LIMIT', 'CAP', 'TAKEN', { head: 'BY', wraps: true }], rows, this.io.columns))
        this.print(line)
  }
}

const capText = (cap: number | null): string => (cap === null ? '-' : String(cap))
const jobsText = (taken: LimitInfo['taken']): string =>
  visible(taken.map(({ job }) => job ?? 'by hand').join(', ')) || '-'

export class LimitShowCommand extends QueueCommand {
  static override paths = [['limit', 'show']]
  static override usage = Command.Usage({
    category: 'Queues',
    description: 'show which job has which number of a limit',
    details: 'Exit status 4 if there is no such limit. By hand: ls limits/LIMIT/* in the home.',
    examples: [['Who keeps the others waiting?', 'queuectl limit show q.mail']],
  })
  static override forms = ['LIMIT']

  name = Option.String({ required: true })

  protected async run(queue: Queue): Promise<void> {
    const limits = await queue.limits()
    const found =
      limits.find(({ limit }) => limit === this.name) ?? limits.find(({ limit }) => limit === `q.${this.name}`)
    if (!found)
      throw new QueueError(
        'NOT_FOUND',
        `there is no limit ${JSON.stringify(this.name)}`,
        'see all with: queuectl limit list; set one with: queuectl queue set QUEUE --limit N',
      )
    if (this.json) return this.printJson(found)
    this.print(`${found.limit}: ${found.taken.length} of ${capText(found.cap)} taken`)
    const rows = found.taken.map(({ number, job, worker }) => [String(number), job ?? 'by hand', worker ?? '-'])
    if (rows.length > 0)
      for (const line of table(['NUMBER', { head: 'JOB', isId: true }, 'WORKER'], rows, this.io.columns))
        this.print(line)
  }
}
