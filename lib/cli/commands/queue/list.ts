/** `queue list`: the queues, their jobs, and which are paused. */
import { Command } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import { pauseWords } from '../../../job/pause.ts'
import { roughDuration } from '../../../job/time-text.ts'
import type { Queue, QueueInfo } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { visible } from '../../../job/sanitize.ts'
import { table } from '../../output/table.ts'

export class QueueListCommand extends QueueCommand {
  static override paths = [['queue', 'list']]
  static override usage = Command.Usage({
    category: 'Queues',
    description: 'list the queues, their jobs, limits and pauses',
    details: `A queue is listed while it has a job that is not completed, settings, or a pause. Pending includes scheduled jobs.
      Running is followed by the queue's limit, or BAD when its settings cannot be obeyed (queuectl doctor says why).`,
    examples: [
      ['All queues', 'queuectl queue list'],
      ['The paused ones, for a script', "queuectl queue list --json | jq -r '.[] | select(.paused) | .queue'"],
    ],
  })
  static override forms = ['[--json]']

  protected async run(queue: Queue): Promise<void> {
    const queues = await queue.queueInfos()
    if (this.json) return this.printJsonList(queues)
    for (const line of queueLines(queues, this.io.columns)) this.print(line)
  }
}

export const queueLines = (queues: readonly QueueInfo[], columns: number): string[] =>
  queues.length === 0
    ? []
    : table(
        ['QUEUE', 'PENDING', 'RUNNING', 'FAILED', 'DEAD', 'HELD', 'OLDEST', { head: 'PAUSED', wraps: true }],
        queues.map(row),
        columns,
      )

function limitText({ settings }: QueueInfo): string {
  if (settings === null) return ''
  if ('unreadable' in settings) return ' (BAD)'
  return settings.limit === undefined ? '' : `/${settings.limit}`
}

const row = (info: QueueInfo): string[] => [
  info.queue,
  String(info.pending),
  `${info.processing}${limitText(info)}`,
  ...[info.failed, info.dead, info.held].map(String),
  info.oldest_ready_at === null ? '-' : roughDuration(nowMs() - Date.parse(info.oldest_ready_at)),
  info.paused ? visible(pauseWords(info.paused, nowMs())) || 'yes' : '-',
]
