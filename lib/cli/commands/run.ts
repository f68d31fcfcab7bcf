/** `run`: enqueues a job, shows its output and exits with its status. */
import { isAnswering } from '../../spool/silence.ts'
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { Job } from '../../job/job.ts'
import type { Queue } from '../../queue.ts'
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
    details: `The job is like any other: a worker runs it, by priority, with retries (-r 1 for none). If no worker is alive, one
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
    const source = await this.jobSource()
    if ('from' in source)
      throw new QueueError('USAGE', 'run: it runs one job', 'many are enqueued with: queuectl enqueue --wait -')
    const job = await queue.enqueue(this.request(source.job))
    const report = new EnqueueReport(queue, this.io, this.json)
    report.collect(job)
    await report.finish()
    const result = await followOnScreen(queue, this.io, job.id, {
      view: this.json ? { show() {}, flush() {} } : separateStreams(this.io),
      fromFirst: true,
      cancelOnInterrupt: this.cancelOnInterrupt,
      ...(this.detachAfter === undefined ? {} : { detachAfter: this.detachAfter }),
      onIdle: (waiting) => this.ensureWorker(queue, waiting),
    })
    if (!('job' in result)) return this.reportDetached(job, result.detached)
    const { status, line } = describeEnd({ id: job.id, job: result.job })
    if (this.json) this.printJson(result.job ? jobJson(result.job) : { id: job.id, state: 'removed' })
    else if (result.job?.state !== 'completed') this.io.message(line)
    return status
  }

  /** Starts a worker for the job if none is running that could run it. */
  private async ensureWorker(queue: Queue, { id, state }: Job): Promise<void> {
    if (state === 'held') return
    const workers = await queue.workers()
    const isServed = workers.some(
      ({ only, running, ...worker }) =>
        isAnswering(worker) && (only === undefined || only === id || running.some((one) => one.id === id)),
    )
    if (isServed) return
    const { startInBackground } = await import('../../worker/start.ts')
    await startInBackground({ home: queue.home, slots: 1, burst: true, only: id }, this.io.program)
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
