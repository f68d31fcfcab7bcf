/** `worker list`: lists the workers and what each runs. */
import { Command } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import { QueueError } from '../../../errors.ts'
import { commandLine } from '../../../job/job.ts'
import type { Queue, WorkerInfo } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { clip, plural } from '../../output/text.ts'
import { visible } from '../../../job/visible.ts'
import { roughDuration } from '../../../job/time-text.ts'

export class WorkerListCommand extends QueueCommand {
  static override paths = [
    ['worker', 'list'],
    ['worker', 'status'],
  ]
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'list the workers and what each runs',
    details: 'Exit status 5 if none is alive.',
    examples: [
      ['Workers and their jobs', 'queuectl worker list'],
      ['For a script', "queuectl worker list --json | jq -r '.[].pid'"],
    ],
  })
  static override forms = ['[--json]']

  protected async run(queue: Queue): Promise<void> {
    const workers = await queue.workers()
    if (this.json) this.printJson(workers)
    else for (const line of workers.flatMap((worker) => this.lines(worker))) this.print(line)
    if (!workers.some(isAlive))
      throw new QueueError('NO_WORKER', 'no worker is running', 'start one with: queuectl worker start')
  }

  private lines({ name, pid, life, slots, only, started_at, log, running }: WorkerInfo): string[] {
    const word = { alive: 'healthy', dead: 'dead (its jobs wait for the next worker)', elsewhere: 'on another machine' }
    const up = life === 'alive' ? `up ${since(started_at)}, ` : ''
    const task = only === undefined ? '' : `for ${only} only, `
    return [
      `${visible(name)}: ${word[life]}, pid ${pid}, ${up}${task}${running.length} of ${plural(slots, 'slot')} busy, log ${visible(log)}`,
      ...running.map((run) => {
        const at = run.started_at === undefined ? '' : ` for ${since(run.started_at)}`
        return clip(`  ${run.id} (run ${run.run}${at}): ${visible(commandLine(run.command))}`, this.io.columns)
      }),
    ]
  }
}

const isAlive = (worker: WorkerInfo): boolean => worker.life !== 'dead'
const since = (iso: string): string => roughDuration(nowMs() - Date.parse(iso))
