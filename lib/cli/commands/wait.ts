/** `wait`: waits for jobs to end, and exits with their status. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { JobRefOrId, Queue } from '../../queue.ts'
import { ABOUT_IDS, SelectingCommand, SELECTION } from '../input/selection.ts'
import { isDuration } from '../input/option-types.ts'
import { type JobEnd, waitFor } from '../output/wait.ts'
import { shownState, UNSETTLED } from '../../job/state.ts'

export class WaitCommand extends SelectingCommand {
  static override paths = [['wait']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'wait for jobs to end, and exit with their status',
    details: `A job has ended when it is completed or dead, not while it waits for another attempt. The exit status is the job's
      own exit code, 124 when it timed out, 128+n when signal n ended it, 143 when it was cancelled or its file removed.
      Of several jobs it is that of the first to end with a status other than 0; with --any, of the first to end. When
      --timeout runs out it is 75, and the jobs go on. --all, --queue and --tag select jobs that wait or run now, except
      held ones.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl wait job1 && echo it worked'],
      ['Whichever ends first', 'queuectl wait --any job1 job2'],
      ['All jobs of a queue', 'queuectl wait --queue mail'],
      ['No longer than a minute', 'queuectl wait --timeout 1m last'],
    ],
  })
  static override forms = SELECTION.map((form) => `${form} [--any] [--timeout TIME]`)

  // Hides the option: this command changes nothing.
  override dryRun = false

  any = Option.Boolean('--any', false, { description: 'wait only for the first to end' })
  timeout = Option.String('-t,--timeout', {
    description: '<TIME> wait at most this long: 30, 5m',
    validator: isDuration,
  })

  protected async run(queue: Queue): Promise<number> {
    const { jobs, isOne } = await this.selected(queue, 'wait for', UNSETTLED)
    if (jobs.length === 0) this.io.message('no job matches')
    const all: JobEnd[] = []
    try {
      return await waitFor(queue, this.io, jobs.map(foundOrThrow), {
        any: this.any,
        ...(this.timeout === undefined ? {} : { timeout: this.timeout }),
        onEnd: (one) => {
          all.push(one)
          if (!this.json) this.print(one.line)
        },
      })
    } finally {
      const [first] = all
      if (this.json && !isOne) this.printJsonList(all.map(endJson))
      else if (this.json && first) this.printJson(endJson(first))
    }
  }
}

/** @throws QueueError for an id without a job: it would never end */
function foundOrThrow(job: JobRefOrId | QueueError): JobRefOrId {
  if (job instanceof QueueError) throw job
  return job
}

const endJson = ({ id, job, status }: JobEnd): object => ({
  id,
  state: job ? shownState(job.state) : 'removed',
  exit_status: status,
  ...(job?.exit_code === undefined ? {} : { exit_code: job.exit_code }),
  ...(job?.last_error === undefined ? {} : { last_error: job.last_error }),
})
