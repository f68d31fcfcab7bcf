/** `show`: prints a job with its runs. */
import { Command } from 'clipanion'
import type { Job } from '../../job/job.ts'
import type { JobRefOrId, Queue } from '../../queue.ts'
import { jobJson, wholeJob } from '../output/job-view.ts'
import { forEachJob } from '../input/for-each.ts'
import { outputOf } from '../output/run-output.ts'
import { ABOUT_IDS, SelectingCommand, SELECTION } from '../input/selection.ts'
import { type State, STATES } from '../../job/state.ts'

export class ShowCommand extends SelectingCommand {
  static override paths = [['show'], ['get']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'show a job with its attempts',
    details: `Several jobs are printed by --json as one object per line.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl show job1'],
      ['Why the last one failed', 'queuectl show last --json | jq -r .last_error'],
    ],
  })
  static override forms = SELECTION

  // Nothing is changed here.
  override dryRun = false
  protected meantStates: readonly State[] = STATES

  protected async run(queue: Queue): Promise<number> {
    const { jobs, isMany } = await this.selected(queue, 'show', this.meantStates)
    if (jobs.length === 0) this.io.say('no job matches')
    let shown = 0
    return forEachJob(jobs, this.io, {
      done: 'shown',
      act: async (meant) => {
        const job = await this.job(queue, meant)
        if (isMany && !this.json && shown++ > 0) this.print('')
        await this.showOne(queue, job)
      },
    })
  }

  private async showOne(queue: Queue, job: Job): Promise<void> {
    const progress = queue.progress(job)
    if (this.json) return this.printJson(jobJson(job, progress))
    for (const line of wholeJob(job, this.io, progress)) this.print(line)
    const output = job.runs === 0 ? undefined : await outputOf(queue, job)
    if (!output) return
    for (const line of ['', `Output of run ${output.run}:`, `  ${output.stdout}`, `  ${output.stderr}`])
      this.print(line)
  }

  protected async job(queue: Queue, meant: JobRefOrId): Promise<Job> {
    return queue.get(meant)
  }
}
