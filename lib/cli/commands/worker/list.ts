/** `worker list`: lists the workers and what each runs. */
import { Command } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import { QueueError } from '../../../errors.ts'
import { takesWords } from '../../../job/takes.ts'
import { commandLine } from '../../../job/job.ts'
import type { Queue, WorkerInfo } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { fits, shortIds, tableRows } from '../../output/table.ts'
import { clip, plural, width } from '../../output/text.ts'
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

  /** A table, and under each worker what it runs; there is its log, too, where the terminal is too narrow for it. */
  private lines(workers: readonly WorkerInfo[]): string[] {
    if (workers.length === 0) return []
    const rows = workers.map(row)
    const isWide = fits(HEADS, rows, this.io.columns)
    const [head = [], ...lines] = isWide
      ? tableRows(HEADS, rows, this.io.columns)
      : tableRows(
          HEADS.slice(0, -1),
          rows.map((cells) => cells.slice(0, -1)),
          this.io.columns,
        )
    return [
      ...head,
      ...workers.flatMap(({ running, log }, i) => [
        ...(lines[i] ?? []),
        ...(isWide ? [] : [`  log: ${visible(log)}`]),
        ...running.map((run) => runLine(run, this.io.columns)),
      ]),
    ]
  }
}

const HEADS = ['WORKER', 'PID', { head: 'STATE', most: 30, wraps: true as const }, 'UP', 'BUSY', 'LOG']

function runLine({ id, run, started_at, command }: WorkerInfo['running'][number], columns: number): string {
  const at = started_at === undefined ? '' : ` for ${since(started_at)}`
  const line = (shown: string): string => `  ${shown} (run ${run}${at}): ${visible(commandLine(command))}`
  return clip(width(line(id)) > columns ? line(shortIds([id])[0] ?? id) : line(id), columns)
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
