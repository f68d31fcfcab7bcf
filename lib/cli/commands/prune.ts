/** `prune`: removes finished jobs that are beyond a limit. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { Queue } from '../../queue.ts'
import { bulkJson } from '../input/for-each.ts'
import { plural } from '../output/text.ts'
import { ABOUT_IDS, parseStateArgs, SelectingCommand } from '../input/selection.ts'
import { isCount, isDuration, isSize } from '../input/option-types.ts'
import { PRUNABLE, type Prunable, shownState, type State } from '../../job/state.ts'

export class PruneCommand extends SelectingCommand {
  static override paths = [['prune']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'remove finished jobs for good, with their output',
    details: `Removes jobs beyond any of the limits given: completed ones, unless another state is named. Without a limit it uses
      the configured ones, which workers apply by themselves: see keep-completed, keep-dead and the like in
      queuectl config list. --all removes all of them, ids only those jobs. The totals in stats do not change.

      The age of a job counts from when it was settled. Its size is that of its record and output on disk.\n\n${ABOUT_IDS}`,
    examples: [
      ['What is older than a week', 'queuectl prune --older-than 7d --dry-run'],
      ['All completed jobs but the newest hundred', 'queuectl prune --keep 100'],
      ['Dead jobs older than a year', 'queuectl prune --state dead --older-than 365d'],
      ['All but the newest that fit into a gigabyte', 'queuectl prune --max-bytes 1GB'],
      ['Two jobs', 'queuectl prune job1 job2'],
    ],
  })
  static override forms = ['[limits] [--state S] [--queue Q] [--tag T] [--dry-run]', '--all [--state S]', 'ID...', '-']

  force = Option.Boolean('--force', false, { description: 'end the processes that its runs left behind first' })
  olderThan = Option.String('--older-than', {
    description: '<D> jobs settled longer ago than this, such as 12h or 30d',
    validator: isDuration,
  })
  keep = Option.String('--keep', { description: '<N> all but the newest N', validator: isCount(0) })
  maxBytes = Option.String('--max-bytes', {
    description: '<B> all but the newest that fit into this size, such as 500MB',
    validator: isSize,
  })

  protected async run(queue: Queue): Promise<number | void> {
    const limits = {
      ...(this.olderThan === undefined ? {} : { olderThan: this.olderThan }),
      ...(this.keep === undefined ? {} : { keep: this.keep }),
      ...(this.maxBytes === undefined ? {} : { maxBytes: this.maxBytes }),
    }
    const isLimited = Object.keys(limits).length > 0
    if (this.ids.length > 0 && isLimited) throw new QueueError('USAGE', 'prune: give ids, or limits, not both')
    if (this.all && isLimited) throw new QueueError('USAGE', 'prune: --all leaves nothing to a limit')
    if (this.ids.length > 0) return this.pruneNamed(queue)
    const gone = await queue.prune({
      ...(this.all ? { keep: 0 } : limits),
      states: this.prunable(),
      queue: this.queueName,
      tag: this.tag,
      dryRun: this.dryRun,
      pruned: ({ id }) => {
        if (!this.json) this.print(`${this.dryRun ? 'Would prune' : 'Pruned'} ${id}`)
      },
    })
    if (this.json) this.printJson(bulkJson({ action: 'prune', dryRun: this.dryRun, ids: gone.map(({ id }) => id) }))
    else this.io.message(`${plural(gone.length, 'job')} ${this.dryRun ? 'would be pruned' : 'pruned'}`)
  }

  private pruneNamed(queue: Queue): Promise<number> {
    const { dryRun, force } = this
    return this.forEachSelected(queue, {
      doing: 'prune',
      done: 'pruned',
      states: PRUNABLE,
      act: (job) => queue.purge(job, { dryRun, force, states: PRUNABLE }),
    })
  }

  private prunable(): readonly Prunable[] | undefined {
    if (this.states === undefined) return undefined
    const asked = parseStateArgs(this.states)
    const isPrunable = (state: State): state is Prunable => PRUNABLE.some((one) => one === state)
    const other = asked.find((state) => !isPrunable(state))
    if (other !== undefined)
      throw new QueueError(
        'USAGE',
        `prune: cannot prune ${shownState(other)} jobs`,
        `only those that nothing more happens to: ${PRUNABLE.join(', ')}`,
      )
    return asked.length === 0 ? PRUNABLE : asked.filter(isPrunable)
  }
}
