/** `worker list`: lists the workers and what each runs. */
import { Command } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import { QueueError } from '../../../errors.ts'
import { takesWords } from '../../../job/takes.ts'
import { commandLine } from '../../../job/job.ts'
import type { Queue, WorkerInfo } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { clip, plural, table } from '../../output/text.ts'
import { visible } from '../../../job/sanitize.ts'
import { localTime, roughDuration } from '../../../job/time-text.ts'
import { mayAnswer } from '../../../spool/silence.ts'

export class WorkerListCommand extends QueueCommand {
  static override paths = [
    ['worker', 'list'],
    ['worker', 'status'],
  ]
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'list the workers and what each runs',
    details: 'Exit status 5 if none answers.',
    examples: [
      ['Workers and their jobs', 'queuectl worker list'],
      ['For a script', "queuectl worker list --json | jq -r '.[].pid'"],
    ],
  })
  static override forms = ['[--json]']

  protected async run(queue: Queue): Promise<void> {
    const workers = await queue.workers()
    if (this.json) this.printJsonList(workers)
    else for (const line of this.lines(workers)) this.print(line)
    if (await this.hasWorker(queue, workers)) return
    const silent = workers.filter(({ not_answering_since }) => not_answering_since !== undefined)
    if (silent.length > 0)
      throw new QueueError(
        'NO_WORKER',
        `no worker answers: ${plural(silent.length, 'worker')} alive, but stopped, frozen or stuck`,
        'kill -CONT wakes a stopped one; kill -9 ends one, and the next worker adopts its jobs',
      )
    throw new QueueError('NO_WORKER', 'no worker is running', 'start one with: queuectl worker start')
  }

  /** What the exit status says. */
  protected async hasWorker(_queue: Queue, workers: readonly WorkerInfo[]): Promise<boolean> {
    return workers.some(mayAnswer)
  }

  /** A table, and under each worker what it runs. */
  private lines(workers: readonly WorkerInfo[]): string[] {
    if (workers.length === 0) return []
    const [head = '', ...rows] = table(
      ['WORKER', 'PID', 'STATE', 'UP', 'BUSY', 'LOG'],
      workers.map(row),
      this.io.columns,
    )
    const runs = workers.map(({ running }) =>
      running.map((run) => {
        const at = run.started_at === undefined ? '' : ` for ${since(run.started_at)}`
        return clip(`  ${run.id} (run ${run.run}${at}): ${visible(commandLine(run.command))}`, this.io.columns)
      }),
    )
    return [head, ...rows.flatMap((line, i) => [line, ...(runs[i] ?? [])])]
  }
}

function row(worker: WorkerInfo): string[] {
  const { name, pid, life, slots, started_at, log, running, not_answering_since: silent, lease_age, held_back } = worker
  const state = {
    alive: silent === undefined ? 'healthy' : `not answering since ${localTime(silent)} (${since(silent)})`,
    dead: 'dead (its jobs wait for the next worker)',
    elsewhere: `elsewhere, lease renewed ${roughDuration((lease_age ?? 0) * 1000)} ago`,
  }[life]
  return [
    visible(name),
    String(pid),
    [state, takesWords(worker), held_back === undefined ? '' : `held back: ${held_back}`]
      .filter((part) => part !== '')
      .join(', '),
    life === 'alive' && started_at !== '' ? since(started_at) : '-',
    `${running.length} of ${plural(slots, 'slot')}`,
    visible(log),
  ]
}

const since = (iso: string): string => roughDuration(nowMs() - Date.parse(iso))
