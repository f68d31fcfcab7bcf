/** `dlq export`: prints dead jobs as NDJSON. */
import { Command, Option } from 'clipanion'
import { redactJob } from '../../../job/redact.ts'
import type { Queue } from '../../../queue.ts'
import { jobJson } from '../../output/job-view.ts'
import { JsonList } from '../../output/json.ts'
import { SelectingCommand } from '../../input/selection.ts'

export class DlqExportCommand extends SelectingCommand {
  static override paths = [['dlq', 'export']]
  static override usage = Command.Usage({
    category: 'Dead letter queue',
    description: 'print dead jobs as NDJSON, one per line',
    details: `All of them, unless ids or options select some. Nothing is changed; after a purge, enqueue - takes the exported jobs
      again under the same ids.

      --redact hides the values of the environment, the input, and what looks like a password, token or key in command,
      errors and unknown members. It is a best effort: read what you give away.`,
    examples: [
      ['Keep what is about to be removed', 'queuectl dlq export >dead.ndjson && queuectl dlq purge --all'],
      ['For a bug report', 'queuectl dlq export --redact job1 >job1.json'],
      ['Into another home', 'queuectl dlq export | queuectl --home DIR enqueue -'],
    ],
  })
  static override forms = ['[ID...]', '[--queue Q] [--tag T]', '-']

  redact = Option.Boolean('--redact', false, { description: 'hide values of the environment, input and secrets' })

  // Hides the option: this command changes nothing.
  override dryRun = false

  protected async run(queue: Queue): Promise<void> {
    if (this.ids.length === 0) this.all = true
    const { jobs } = await this.selected(queue, 'export', ['dead'])
    const list = new JsonList(this.io, !this.json || this.context.lines)
    for (const job of jobs) {
      if (this.io.isReaderGone) return
      if (job instanceof Error) throw job
      const found = await queue.get(job)
      if (found.state === 'dead') list.add(jobJson(this.redact ? redactJob(found) : found))
    }
    list.end()
  }
}
