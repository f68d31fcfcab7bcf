/** `retry`: runs failed, dead or completed jobs again. */
import { Command, Option } from 'clipanion'
import type { QueueError } from '../../errors.ts'
import type { JobFilter, JobRefOrId, Queue } from '../../queue.ts'
import { ABOUT_IDS, SelectingCommand, type SelectionAction } from '../input/selection.ts'
import { RETRIED_BY_FILTER, type State } from '../../job/state.ts'

export class RetryCommand extends SelectingCommand {
  static override paths = [['retry'], ['restart']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'run failed, dead or completed jobs again',
    details: `Jobs keep their id, history and output; attempts count from zero again. --all selects failed and dead jobs,
      completed ones are selected only by id or --state completed. Cancelled jobs are skipped unless given by id or with
      --cancelled.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl retry job1'],
      ['Everything failed or dead', 'queuectl retry --all'],
      ['The failed jobs of a queue, without waiting for their time', 'queuectl retry --failed --queue mail'],
    ],
  })
  static override forms = ['ID...', '[--failed] [--all] [--state S] [--queue Q] [--tag T] [--cancelled]', '-']

  failed = Option.Boolean('--failed', false, { description: 'all jobs waiting for another attempt' })
  cancelled = Option.Boolean('--cancelled', false, { description: 'select cancelled jobs too' })
  beside = Option.Boolean('--beside', false, {
    description: 'although something of an earlier run may be alive and is not visible',
  })
  alone = Option.Boolean('--alone', false, { description: 'leave the jobs dead that were cancelled because of it' })
  force = Option.Boolean('--force', false, { description: 'although another job has its unique key' })
  waive = Option.Boolean('--waive', false, { description: 'although a job that it waits for has not ended as it must' })
  protected onlyDead = false
  private skipped = 0

  protected async run(queue: Queue): Promise<number> {
    const { dryRun, onlyDead, beside, alone, waive, force } = this
    const states: readonly State[] = onlyDead ? ['dead'] : this.failed && !this.all ? ['failed'] : RETRIED_BY_FILTER
    return this.forEachSelected(queue, {
      doing: 'retry',
      done: 'retried',
      states,
      act: async (job) => {
        const { id } = await queue.retry(job, { dryRun, onlyDead, beside, alone, waive, force })
        return { id, line: `Job ${id} is pending again` }
      },
    })
  }

  protected override filter(states: readonly State[]): JobFilter | undefined {
    return super.filter(states) ?? (this.failed ? { states } : undefined)
  }

  protected override async matching(queue: Queue, filter: JobFilter): Promise<(JobRefOrId | QueueError)[]> {
    // Oldest first; list() returns dead jobs newest first.
    const found = (await queue.list(filter)).reverse()
    const wanted = found.filter(({ job }) => this.cancelled || job?.cancelled === undefined)
    this.skipped = found.length - wanted.length
    return wanted
  }

  protected override summary(count: number, of: number, verb: SelectionAction): string {
    const note = this.skipped === 0 ? '' : `; ${this.skipped} cancelled passed over (--cancelled takes them too)`
    return super.summary(count, of, verb) + note
  }
}
