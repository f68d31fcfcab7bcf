/** `worker stop`: stops the workers of the home, or those named. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../../errors.ts'
import { nowMs } from '../../../clock.ts'
import { roughDuration } from '../../../job/time-text.ts'
import { isoTime } from '../../../job/time.ts'
import type { Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { plural } from '../../output/text.ts'
import { visible } from '../../../job/sanitize.ts'
import { isDuration } from '../../input/option-types.ts'

/** How many of the jobs that are waited for are named. */
const SHOWN = 5

export class WorkerStopCommand extends QueueCommand {
  static override paths = [['worker', 'stop']]
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'stop all workers, or those named',
    details: `Workers take no more jobs, finish those that run and exit; the command returns when they are gone. With --timeout it
      waits no longer than that (exit status 75), and after Ctrl-C no longer at all; they go on finishing.`,
    examples: [
      ['When the running jobs have finished', 'queuectl worker stop'],
      ['Now; the jobs keep running, and the next worker adopts them', 'queuectl worker stop --leave'],
      ['Now, and end the jobs too: they are put back and use no attempt', 'queuectl worker stop --force'],
    ],
  })
  static override forms = ['[WORKER...] [options]']

  timeout = Option.String('-t,--timeout', {
    description: '<TIME> wait at most this long: 30, 5m',
    validator: isDuration,
  })
  leave = Option.Boolean('--leave', false, { description: 'exit at once; jobs keep running and are adopted' })
  force = Option.Boolean('--force', false, { description: 'end running jobs (TERM, 10 s, KILL) and put them back' })

  names = Option.Rest()

  protected async run(queue: Queue): Promise<number | void> {
    if (this.leave && this.force) throw new QueueError('USAGE', 'worker stop: --leave or --force, not both')
    const [{ stopWorkers }, { onInterrupt }] = await Promise.all([
      import('../../../worker/stop.ts'),
      import('../../signals.ts'),
    ])
    const running = this.leave || this.force ? [] : await this.runningJobs(queue)
    const interrupt = new AbortController()
    let status = 0
    const unhandle = onInterrupt((its) => {
      status = its
      interrupt.abort()
    })
    const stopping = stopWorkers({
      home: queue.home,
      mode: this.force ? 'force' : this.leave ? 'leave' : 'drain',
      ...(this.names.length === 0 ? {} : { names: this.names }),
      ...(this.timeout === undefined ? {} : { timeout: this.timeout }),
      onSilent: (name, since) =>
        this.io.message(`${visible(name)} has not answered since ${isoTime(since)}: it stops once it goes on`),
      signal: interrupt.signal,
    })
    if (running.length > 0) this.io.message(this.waitingFor(running))
    const { stopped, left, unreachable } = await stopping.finally(unhandle)
    if (status !== 0) {
      const what =
        left.length === 0
          ? 'all workers have stopped'
          : `they take no more jobs and go on finishing what they run: ${left.join(', ')}`
      this.io.message(`interrupted: ${what}`)
      return status
    }
    if (this.json) this.printJson({ stopped, left, unreachable })
    else if (stopped.length > 0) this.print(`Stopped ${plural(stopped.length, 'worker')}`)
    if (left.length > 0)
      throw new QueueError(
        'STILL_RUNNING',
        `${plural(left.length, 'worker')} still finishing after ${this.timeout} s: ${left.join(', ')}`,
        'they take no more jobs; --force ends what they run',
      )
    if (unreachable.length > 0)
      throw new QueueError(
        'PARTLY_DONE',
        `cannot reach ${unreachable.map(visible).join(', ')}: of another pid namespace or machine, and of an older version or not answering`,
        'stop it there; if it is gone for good: queuectl worker forget NAME',
      )
    if (stopped.length === 0 && !this.json) this.print('No worker is running')
  }

  /** What the workers run that are to stop, and for how long; the longest first. */
  private async runningJobs(queue: Queue): Promise<string[]> {
    const workers = (await queue.workers()).filter(
      ({ name, life }) => life !== 'dead' && (this.names.length === 0 || this.names.includes(name)),
    )
    const started = ({ started_at }: { readonly started_at?: string }): number =>
      started_at === undefined ? nowMs() : Date.parse(started_at)
    return workers
      .flatMap(({ running }) => running)
      .toSorted((a, b) => started(a) - started(b))
      .map((one) => `${visible(one.id)} (${roughDuration(nowMs() - started(one))})`)
  }

  private waitingFor(running: readonly string[]): string {
    const more = running.length > SHOWN ? ` and ${running.length - SHOWN} more` : ''
    const jobs = `${plural(running.length, 'job')}: ${running.slice(0, SHOWN).join(', ')}${more}`
    return this.timeout === undefined
      ? `waiting for ${jobs}; --timeout, --leave or --force do not wait`
      : `waiting at most ${this.timeout} s for ${jobs}`
  }
}
