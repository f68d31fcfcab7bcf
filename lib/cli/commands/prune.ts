/** `prune`: finished jobs that nobody wants to keep are removed for good. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import { parseState, shownState } from '../../job/job.ts'
import { PRUNABLE, type Prunable } from '../../job/retention.ts'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { plural } from '../print.ts'
import { isCount, isDuration, isSize } from '../values.ts'

export class PruneCommand extends QueueCommand {
  static override paths = [['prune']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'remove finished jobs for good, with their output',
    details: `Removes the jobs that are over any of the limits given: of completed ones, unless another state is named.
      Without a limit those over the limits that are set, which workers remove by themselves: see keep-completed,
      keep-dead and their like in: queuectl config list. Totals in stats stay as they are.

      An age is that since the job was settled. Room is what its record and its output take on the disk.`,
    examples: [
      ['Which ones a week is too long for', 'queuectl prune --older-than 7d --dry-run'],
      ['All completed jobs but the last hundred', 'queuectl prune --keep 100'],
      ['Dead jobs of last year', 'queuectl prune --state dead --older-than 365d'],
      ['The newest that fit into a gigabyte stay', 'queuectl prune --max-bytes 1GB'],
    ],
  })
  static override forms = ['[--state STATE] [limits] [--dry-run]']

  state = Option.String('-s,--state', { description: '<STATE> completed or dead' })
  olderThan = Option.String('--older-than', {
    description: '<D> those settled longer ago, such as 12h or 30d',
    validator: isDuration,
  })
  keep = Option.String('--keep', { description: '<N> all but the newest N', validator: isCount(0) })
  maxBytes = Option.String('--max-bytes', {
    description: '<B> all but the newest that take so much, such as 500MB',
    validator: isSize,
  })
  dryRun = Option.Boolean('--dry-run', false, { description: 'say which, and change nothing' })

  protected async run(queue: Queue): Promise<void> {
    const all = await queue.prune({
      state: this.readState(),
      dryRun: this.dryRun,
      ...(this.olderThan === undefined ? {} : { olderThan: this.olderThan }),
      ...(this.keep === undefined ? {} : { keep: this.keep }),
      ...(this.maxBytes === undefined ? {} : { maxBytes: this.maxBytes }),
      pruned: ({ id }) => {
        if (!this.json) this.print(`${this.dryRun ? 'Would prune' : 'Pruned'} ${id}`)
      },
    })
    if (this.json) this.printJson({ [this.dryRun ? 'would_prune' : 'pruned']: all })
    else this.io.say(`${plural(all.length, 'job')} ${this.dryRun ? 'would be pruned' : 'pruned'}`)
  }

  private readState(): Prunable | undefined {
    if (this.state === undefined) return undefined
    const state = parseState(this.state)
    const prunable = PRUNABLE.find((one) => one === state)
    if (prunable) return prunable
    throw new QueueError(
      'USAGE',
      `prune: cannot prune ${state === undefined ? `${JSON.stringify(this.state)} jobs` : `${shownState(state)} jobs`}`,
      `only those that nothing more happens to: ${PRUNABLE.join(', ')}`,
    )
  }
}
