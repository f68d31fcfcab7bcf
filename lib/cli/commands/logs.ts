/** `logs`: what a run of a job wrote. */
import { StringDecoder } from 'node:string_decoder'
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { harmless } from '../print.ts'
import { isCount } from '../values.ts'

export class LogsCommand extends QueueCommand {
  static override paths = [['logs']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'print what a run of a job wrote',
    details: `Its standard output, then its standard error: of the last run, unless another one is named. A pipe gets
      the bytes as they are; on a terminal only colours pass, and other control characters are made visible.

      With --follow both come as they are written, whichever worker runs the job, until it is over; it may still be
      pending. Ctrl-C ends the following and not the job.`,
    examples: [
      ['The last run', 'queuectl logs job1'],
      ['As it is written, with the times', 'queuectl logs -f -T job1'],
      ['The end of the errors of the first attempt', 'queuectl logs job1 --attempt 1 --stderr --tail 20'],
    ],
  })
  static override forms = ['ID [options]']

  id = Option.String({ name: 'id' })
  runNumber = Option.String('--run', { description: '<N> run number N; show ID lists them', validator: isCount(1) })
  attempt = Option.String('--attempt', {
    description: '<N> the newest run that counted as attempt N',
    validator: isCount(1),
  })
  stdout = Option.Boolean('--stdout', false, { description: 'standard output only' })
  stderr = Option.Boolean('--stderr', false, { description: 'standard error only' })
  tail = Option.String('-n,--tail', { description: '<N> the last N lines of each', validator: isCount(0) })

  follow = Option.Boolean('-f,--follow', false, { description: 'go on showing it until the job is over' })
  timestamps = Option.Boolean('-T,--timestamps', false, {
    description: 'with --follow: before each line when it was seen, and its stream',
  })

  protected async run(queue: Queue): Promise<number | void> {
    if (this.follow) return this.stay(queue)
    if (this.timestamps)
      throw new QueueError('USAGE', 'logs: --timestamps goes with --follow', 'what was written before bears no times')
    const { run, stdout, stderr } = await queue.output(this.id, await this.wanted(queue))
    const both = this.stdout === this.stderr
    if (this.json) return this.printJson({ run, stdout, stderr })
    if (both || this.stdout) this.copy(queue, run, 'stdout')
    if (both || this.stderr) this.copy(queue, run, 'stderr')
  }

  private async stay(queue: Queue): Promise<number> {
    const run = await this.wanted(queue)
    if (run !== undefined) await queue.output(this.id, run)
    const { asJson, merged, timed } = await import('../views.ts')
    const { followOnScreen } = await import('../following.ts')
    const view = this.json ? asJson(this.io) : this.timestamps ? timed(this.io) : merged(this.io)
    const both = this.stdout === this.stderr
    const result = await followOnScreen(queue, this.io, this.id, {
      view: {
        show: (wrote) => {
          if (both || (wrote.stream === 'stdout') === this.stdout) view.show(wrote)
        },
        flush: () => view.flush(),
      },
      ...(run === undefined ? {} : { run }),
      ...(this.tail === undefined ? {} : { tail: this.tail }),
    })
    return 'job' in result ? 0 : result.let
  }

  private async wanted(queue: Queue): Promise<number | undefined> {
    if (this.attempt === undefined) return this.runNumber
    if (this.runNumber !== undefined)
      throw new QueueError('USAGE', 'logs: --run and --attempt both say which one: give one of them')
    const job = await queue.get(this.id)
    const run = job.history.findLast((one) => one.attempt === this.attempt)
    if (run) return run.run
    throw new QueueError(
      'NOT_FOUND',
      `${job.id} has no attempt ${this.attempt}`,
      `see its runs: queuectl show ${job.id}`,
    )
  }

  private copy(queue: Queue, run: number, stream: 'stdout' | 'stderr'): void {
    const { io } = this
    const text = new StringDecoder('utf8')
    for (const block of queue.read(this.id, run, stream, this.tail)) {
      io.print(io.isSeen ? harmless(text.write(block)) : block)
      if (io.isOver) return
    }
    if (io.isSeen) io.print(text.end())
  }
}
