/** `worker stop`: stops the workers of the home, or those named. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../../errors.ts'
import { isoTime } from '../../../job/time.ts'
import type { Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { plural } from '../../output/text.ts'
import { visible } from '../../../job/sanitize.ts'
import { isDuration } from '../../input/option-types.ts'

export class WorkerStopCommand extends QueueCommand {
  static override paths = [['worker', 'stop']]
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'stop all workers, or those named',
    details: `Workers take no more jobs, finish those that run and exit; the command returns when they are gone. With --timeout it
      waits no longer than that (exit status 75), and they go on finishing.`,
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

  protected async run(queue: Queue): Promise<void> {
    if (this.leave && this.force) throw new QueueError('USAGE', 'worker stop: --leave or --force, not both')
    const { stopWorkers } = await import('../../../worker/stop.ts')
    const { stopped, left, unreachable } = await stopWorkers({
      home: queue.home,
      mode: this.force ? 'force' : this.leave ? 'leave' : 'drain',
      ...(this.names.length === 0 ? {} : { names: this.names }),
      ...(this.timeout === undefined ? {} : { timeout: this.timeout }),
      onSilent: (name, since) =>
        this.io.message(`${visible(name)} has not answered since ${isoTime(since)}: it stops once it goes on`),
    })
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
}
