/** `ps`: lists what every slot runs, with its CPU time and memory. */
import { Command } from 'clipanion'
import { commandLine } from '../../job/job.ts'
import type { Queue, SlotInfo } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { type TableColumn, table } from '../output/table.ts'
import { plural } from '../output/text.ts'
import { visible } from '../../job/sanitize.ts'
import { roughDuration } from '../../job/time-text.ts'

export class PsCommand extends QueueCommand {
  static override paths = [['ps']]
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'list what every slot runs, and what it uses',
    details: `CPU and memory are those of the whole process tree: CPU in percent of one core over the last 0.2 seconds, TIME the
      CPU time used so far. PID is the leader of the process group.`,
    examples: [
      ['What is running', 'queuectl ps'],
      ['The job that uses the most memory', "queuectl ps --json | jq 'max_by(.job.memory_bytes).job.id'"],
    ],
  })
  static override forms = ['[--json]']

  protected async run(queue: Queue): Promise<void> {
    const slots = await queue.slots()
    if (this.json) return this.printJsonList(slots)
    if (slots.length === 0) return this.io.message('no worker is running; start one with: queuectl worker start')
    for (const line of table(HEADS, rowsOf(slots), this.io.columns)) this.print(line)
  }
}

const HEADS: readonly (string | TableColumn)[] = [
  { head: 'WORKER', omit: 'any' },
  { head: 'SLOT', omit: 'any' },
  { head: 'ID', isId: true, most: 20 },
  { head: 'RUN', omit: 'any' },
  'PID',
  'CPU',
  { head: 'TIME', omit: 'any' },
  'MEMORY',
  'ELAPSED',
  'COMMAND',
]

/** A row for each job, worker by worker; the idle slots of a worker are one. */
function rowsOf(slots: readonly SlotInfo[]): string[][] {
  return [...new Set(slots.map(({ worker }) => worker))].flatMap((worker) => {
    const ours = slots.filter((one) => one.worker === worker)
    const busy = ours.flatMap(({ slot, job }) => (job ? [row(worker, slot, job)] : []))
    const idle = ours.length - busy.length
    return idle === 0 ? busy : [...busy, [worker, ...Array<string>(8).fill('-'), `(${plural(idle, 'slot')} idle)`]]
  })
}

function row(worker: string, slot: number, job: NonNullable<SlotInfo['job']>): string[] {
  return [
    worker,
    String(slot),
    visible(job.id),
    String(job.run),
    job.pid === undefined ? '-' : String(job.pid),
    `${job.cpu_percent}%`,
    `${(job.cpu_ms / 1000).toFixed(1)}s`,
    `${(job.memory_bytes / 1_048_576).toFixed(1)}M`,
    job.elapsed_ms === undefined ? '-' : roughDuration(job.elapsed_ms),
    visible(commandLine(job.command)),
  ]
}
