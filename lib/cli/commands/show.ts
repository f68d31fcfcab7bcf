/** `show`: prints a job with its runs. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { Job } from '../../job/job.ts'
import type { JobRefOrId, Output, Queue } from '../../queue.ts'
import { runnableScript } from '../../job/runnable.ts'
import { jobJson, jobDetails } from '../output/job-view.ts'
import { forEachJob } from '../input/for-each.ts'
import { ABOUT_IDS, SelectingCommand, SELECTION } from '../input/selection.ts'
import { type State, STATES } from '../../job/state.ts'

export class ShowCommand extends SelectingCommand {
  static override paths = [['show'], ['get']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'show a job with its attempts',
    details: `--json prints one object for one id, else an array of them.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl show job1'],
      ['As a shell script that runs it outside the queue', 'queuectl show --script job1 | sh'],
      ['Why the last one failed', 'queuectl show last --json | jq -r .last_error'],
    ],
  })
  static override forms = SELECTION

  script = Option.Boolean('--script', false, {
    description: 'print a shell script that goes to its directory, sets its environment and runs it',
  })

  // Hides the option: this command changes nothing.
  override dryRun = false
  protected selectedStates: readonly State[] = STATES

  protected async run(queue: Queue): Promise<number> {
    const { jobs, isMany, isOne } = await this.selected(queue, 'show', this.selectedStates)
    if (this.script && (jobs.length > 1 || this.json))
      throw new QueueError('USAGE', 'show: --script prints the script of one job, and not as JSON')
    if (jobs.length === 0) this.io.message('no job matches')
    let shown = 0
    const list = this.jsonList(isOne)
    const status = forEachJob(jobs, this.io, {
      done: 'shown',
      act: async (selected) => {
        const job = await this.job(queue, selected)
        if (this.script) return this.printScript(runnableScript(job, queue.home))
        if (isMany && !this.json && shown++ > 0) this.print('')
        if (list) list.add(jobJson(job, queue.progress(job)))
        else await this.showOne(queue, job)
      },
    })
    return status.finally(() => list?.end())
  }

  /** A program, so unchanged but on a terminal. */
  private printScript(script: string): void {
    if (this.io.stdoutIsTerminal) this.io.print(script)
    else this.io.write(script)
  }

  private async showOne(queue: Queue, job: Job): Promise<void> {
    const progress = queue.progress(job)
    if (this.json) return this.printJson(jobJson(job, progress))
    for (const line of jobDetails(job, this.io, progress)) this.print(line)
    const output = job.runs === 0 ? undefined : await outputOf(queue, job)
    if (!output) return
    for (const line of ['', `Output of run ${output.run}:`, `  ${output.stdout}`, `  ${output.stderr}`])
      this.print(line)
  }

  protected async job(queue: Queue, selected: JobRefOrId): Promise<Job> {
    return queue.get(selected)
  }
}

/** The files of the last run's output; undefined when there are none, or no longer. */
async function outputOf(queue: Queue, job: Job): Promise<Output | undefined> {
  try {
    return await queue.output(job)
  } catch (error) {
    if (error instanceof QueueError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
