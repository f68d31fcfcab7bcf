/** `run`: enqueues a job, shows its output and exits with its status. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { Job, JobRequest } from '../../job/job.ts'
import { withDefault } from '../../job/spelling.ts'
import type { Queue } from '../../queue.ts'
import { ensureWorker } from '../input/ensure-worker.ts'
import { JobCommand } from '../input/job-options.ts'
import { followOnScreen } from '../output/follow.ts'
import { jobJson } from '../output/job-view.ts'
import { EnqueueReport } from '../output/enqueue-report.ts'
import { isDuration } from '../input/option-types.ts'
import { separateStreams } from '../output/follow-format.ts'
import { describeEnd } from '../output/wait.ts'

/** Why we detached, by exit status. A reader that has gone away is not an error. */
const DETACH_REASONS: Readonly<Record<number, string>> = {
  75: 'the time is up',
  0: 'the reader of its output has gone',
}

export class RunCommand extends JobCommand {
  static override paths = [['run']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'enqueue a job, show its output and exit with its status',
    details: `The job is like any other: a worker runs it, by priority. It gets one attempt, unless -r says otherwise. If no worker is alive, one
      is started in the background for this job only; other jobs keep waiting.

      Ctrl-C detaches from the job, which keeps running, and prints how to come back to it. The exit status is the job's
      own exit code, 124 when it timed out, 128+n when signal n ended it, 75 after --detach-after, 130 after Ctrl-C.

      Without a command, it is read from standard input: in a here-document nothing needs quoting.`,
    examples: [
      ['Run and watch', 'queuectl run -- make test'],
      [
        'A script without any quoting',
        `queuectl run <<'EOF'\n  for f in *.txt; do echo "$f has $(wc -l <"$f") lines"; done\nEOF`,
      ],
      ['Stay at most a minute', 'queuectl run --detach-after 1m -c ./nightly.sh'],
    ],
  })
  static override readonly makesHome = true
  static override forms = ['[options] -- PROGRAM [ARG...]', '[options] COMMAND LINE', "[options] <<'EOF'"]

  cancelOnInterrupt = Option.Boolean('--cancel-on-interrupt', false, { description: 'cancel the job on Ctrl-C' })
  detachAfter = Option.String('--detach-after', {
    description: '<TIME> leave the job running after this long: 30, 5m',
    validator: isDuration,
  })

  protected readonly verb = 'run'

  protected async run(queue: Queue): Promise<number> {
    await this.findParents(queue)
    const source = await this.jobSource()
    if ('from' in source)
      throw new QueueError('USAGE', 'run: it runs one job', 'many are enqueued with: queuectl enqueue --wait -')
    const job = await queue.enqueue(this.once(source.job))
    const report = new EnqueueReport(queue, this.io, { json: undefined, idsOnly: false })
    report.collect(job)
    await report.finish()
    const result = await followOnScreen(queue, this.io, job.id, {
      view: this.json ? { show() {}, flush() {} } : separateStreams(this.io),
      fromFirst: true,
      cancelOnInterrupt: this.cancelOnInterrupt,
      ...(this.detachAfter === undefined ? {} : { detachAfter: this.detachAfter }),
      onIdle: (waiting) => ensureWorker(queue, waiting, this.io),
    })
    if (!('job' in result)) {
      if (this.json) this.printJson(jobJson(await queue.get(job.id)))
      return this.reportDetached(job, result.detached)
    }
    const { status, line } = describeEnd({ id: job.id, job: result.job })
    if (this.json) this.printJson(result.job ? jobJson(result.job) : { id: job.id, state: 'removed' })
    else if (result.job?.state !== 'completed') this.io.message(line)
    return status
  }

  /** The request, with one attempt unless it says otherwise: the person who watches wants the failure now. */
  private once(given: unknown): JobRequest {
    const request = this.request(given)
    return typeof request === 'object' ? (withDefault(request, 'max_retries', 1) as JobRequest) : request
  }

  private reportDetached({ id }: Job, status: number): number {
    if (this.cancelOnInterrupt && status > 128) return status
    this.io.message(`${DETACH_REASONS[status] ?? 'interrupted'}: ${id} goes on by itself
  follow it   queuectl logs -f ${id}
  wait for it queuectl wait ${id}
  end it      queuectl cancel ${id}`)
    return status
  }
}
