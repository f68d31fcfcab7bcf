/** `ps` and `next`: what runs, and what runs next. */
import { Command, Option } from 'clipanion'
import { nowMs } from '../../clock.ts'
import { commandLine } from '../../job/job.ts'
import type { Queue, SlotInfo } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { jobLines } from '../output/job-view.ts'
import { printList } from '../output/job-list.ts'
import { plural, rough, table, until, visible } from '../output/text.ts'
import { isCount } from '../input/option-types.ts'

export class PsCommand extends QueueCommand {
  static override paths = [['ps']]
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'list what every slot runs, and what that costs',
    details: `CPU and memory are those of the whole tree of processes: CPU in percent of one core over the last 0.2
      seconds, and the time used so far. PID is the leader of the process group.`,
    examples: [
      ['What runs', 'queuectl ps'],
      ['The greediest', "queuectl ps --json | jq 'max_by(.job.memory_bytes).job.id'"],
    ],
  })
  static override forms = ['[--json]']

  protected async run(queue: Queue): Promise<void> {
    const slots = await queue.slots()
    if (this.json) return this.printJson(slots)
    if (slots.length === 0) return this.io.say('no worker is running; start one with: queuectl worker start')
    for (const line of table(HEADS, slots.map(row), this.io.columns)) this.print(line)
  }
}

const HEADS = ['WORKER', 'SLOT', 'ID', 'RUN', 'PID', 'CPU', 'TIME', 'MEMORY', 'ELAPSED', 'COMMAND']

function row({ worker, slot, job }: SlotInfo): string[] {
  if (!job) return [worker, String(slot), '-', '-', '-', '-', '-', '-', '-', '-']
  return [
    worker,
    String(slot),
    visible(job.id),
    String(job.run),
    job.pid === undefined ? '-' : String(job.pid),
    `${job.cpu_percent}%`,
    `${(job.cpu_ms / 1000).toFixed(1)}s`,
    `${(job.memory_bytes / 1_048_576).toFixed(1)}M`,
    job.elapsed_ms === undefined ? '-' : rough(job.elapsed_ms),
    visible(commandLine(job.command)),
  ]
}

export class NextCommand extends QueueCommand {
  static override paths = [['next']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'list the jobs that run next',
    details: 'In the order in which a free slot takes them. Without a number: the next one.',
    examples: [
      ['The next one', 'queuectl next'],
      ['The next five', 'queuectl next 5'],
    ],
  })
  static override forms = ['[N]']

  count = Option.String({ name: 'n', required: false, validator: isCount(1) })

  protected async run(queue: Queue): Promise<void> {
    const found = await queue.list({ states: ['pending'] }, { limit: this.count ?? 1 })
    const none = found.length > 0 || this.json ? '' : await this.nothing(queue)
    await printList(found, { queue, io: this.io, json: this.json, output: false, none, lines: jobLines })
  }

  private async nothing(queue: Queue): Promise<string> {
    const waiting = await queue.waiting()
    if (!waiting) return 'no job is pending'
    return `no job is pending; ${visible(waiting.id)} is due ${until(waiting.due, nowMs())} (${plural(waiting.count, 'job')} wait)`
  }
}
