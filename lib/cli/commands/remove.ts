/** `remove` and `clear`: end what waits or runs and remove what is finished, after a question. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import { PRUNABLE, shownState, type State } from '../../job/state.ts'
import type { JobRef, JobRefOrId, Queue } from '../../queue.ts'
import { isDuration } from '../input/option-types.ts'
import { type SelectedJobs, SelectingCommand } from '../input/selection.ts'
import { plural } from '../output/text.ts'

type Selected = JobRefOrId | QueueError

export class RemoveCommand extends SelectingCommand {
  static override paths = [['remove']]
  static override usage = Command.Usage({
    description: 'cancel jobs that wait or run, and remove finished ones for good',
    details:
      'Asks first, unless --yes is given. The verbs behind it are cancel, prune and dlq purge, which do not ask.',
  })
  static override forms = ['ID... [--yes]', '[--state S] [--queue Q] [--tag T] [--older-than D] [--yes]']

  yes = Option.Boolean('-y,--yes', false, { description: 'do not ask' })
  force = Option.Boolean('--force', false, { description: 'end the processes that its runs left behind first' })
  olderThan = Option.String('--older-than', { description: '<D> jobs settled longer ago', validator: isDuration })
  /** The states that are meant without `--state`. */
  protected meant: readonly State[] = PRUNABLE
  protected onlyDead = false

  protected async run(queue: Queue): Promise<number> {
    const { dryRun, force } = this
    const doing = this.path[0] === 'dlq' ? 'remove' : (this.path[0] ?? 'remove')
    const selection = await this.selection(queue, doing)
    if (!dryRun && !this.yes) await this.confirm(selection.jobs, doing)
    const isCancelled = (job: JobRefOrId): boolean =>
      typeof job !== 'string' && !this.onlyDead && !isFinished(job.state)
    return this.forEachOf(selection, {
      doing,
      done: 'removed',
      states: this.meant,
      concurrency: 32,
      act: async (job) => {
        if (!isCancelled(job)) return queue.purge(job, { dryRun, force, states: this.onlyDead ? ['dead'] : PRUNABLE })
        const { id } = await queue.cancel(job, undefined, { dryRun })
        return { id, line: `Cancelled ${id}` }
      },
    })
  }

  protected async selection(queue: Queue, doing: string): Promise<SelectedJobs> {
    if (this.olderThan === undefined) return this.selected(queue, doing, this.meant)
    const { states = this.meant, ...filter } = this.filter(this.meant) ?? {}
    const old = await queue.prune({
      ...filter,
      states: states.filter(isFinished),
      olderThan: this.olderThan,
      dryRun: true,
    })
    const jobs = await queue.find(
      old.map(({ id }) => id),
      doing,
    )
    return { jobs, typed: [], isMany: true, isOne: false }
  }

  /** @throws QueueError USAGE unless the answer is yes */
  private async confirm(jobs: readonly Selected[], doing: string): Promise<void> {
    const found = jobs.filter((job): job is JobRef => typeof job === 'object' && !(job instanceof QueueError))
    if (found.length === 0) return
    const answer = await this.io.ask(`${this.question(found)} [y/N] `)
    if (/^y(es)?$/i.test(answer ?? '')) return
    throw new QueueError('USAGE', `${doing}: nothing was changed: the answer was not yes`, 'answer y, or give --yes')
  }

  private question(found: readonly JobRef[]): string {
    const counted = (is: (job: JobRef) => boolean): string => {
      const states = found.filter(is).map(({ state }) => shownState(state))
      const counts = [...new Set(states)].map((state) => [state, states.filter((one) => one === state).length] as const)
      return counts.map(([state, n]) => plural(n, `${state} job`)).join(' and ')
    }
    const ended = this.onlyDead ? '' : counted(({ state }) => !isFinished(state))
    const removed = counted(({ state }) => isFinished(state))
    const parts = [ended && `cancel ${ended}`, removed && `remove ${removed} for good, with their output`].filter(
      Boolean,
    )
    const text = parts.join(', and ') || `remove ${plural(found.length, 'job')}`
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}?`
  }
}

const isFinished = (state: State): state is (typeof PRUNABLE)[number] => PRUNABLE.some((one) => one === state)

/** `clear`: without a selection, everything that is finished. */
export class ClearCommand extends RemoveCommand {
  static override paths = [['clear']]

  protected override async selection(queue: Queue, doing: string): Promise<SelectedJobs> {
    if (!this.hasSelection) this.all = true
    return super.selection(queue, doing)
  }
}
