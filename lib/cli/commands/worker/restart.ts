/** `worker restart`: stops the workers of the home, and starts as many with the same slots. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../../errors.ts'
import { takesOf } from '../../../job/takes.ts'
import type { Queue, WorkerInfo } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { isCount, isDuration } from '../../input/option-types.ts'
import { visible } from '../../../job/sanitize.ts'
import { plural } from '../../output/text.ts'

export class WorkerRestartCommand extends QueueCommand {
  static override paths = [['worker', 'restart']]
  static override usage = Command.Usage({
    description: 'stop all workers and start as many for the same queues, in the background',
    details: 'As worker stop, then worker start. Without a worker it starts one.',
  })
  static override forms = ['[--count N] [--timeout TIME] [--force]']

  count = Option.String('-c,--count', { description: '<N> how many jobs each runs at a time', validator: isCount(1) })
  timeout = Option.String('-t,--timeout', { description: '<TIME> wait at most this long', validator: isDuration })
  force = Option.Boolean('--force', false, { description: 'end running jobs and put them back' })

  protected async run(queue: Queue): Promise<void> {
    const workers = (await queue.workers()).filter(({ life, only }) => life === 'alive' && only === undefined)
    const [{ stopWorkers }, { startInBackground }] = await Promise.all([
      import('../../../worker/stop.ts'),
      import('../../../worker/start.ts'),
    ])
    const { stopped, left, unreachable } = await stopWorkers({
      home: queue.home,
      mode: this.force ? 'force' : 'drain',
      ...(this.timeout === undefined ? {} : { timeout: this.timeout }),
    })
    if (left.length > 0)
      throw new QueueError(
        'STILL_RUNNING',
        `${plural(left.length, 'worker')} still finishing after ${this.timeout} s; none was started`,
        'they take no more jobs; --force ends what they run',
      )
    if (unreachable.length > 0)
      throw new QueueError(
        'PARTLY_DONE',
        `cannot reach ${unreachable.map(visible).join(', ')}; none was started`,
        'stop it where it runs; if it is gone for good: queuectl worker forget NAME',
      )
    const before: readonly Partial<WorkerInfo>[] = workers.length === 0 ? [{}] : workers
    const started = []
    for (const { slots = 1, limits, ...worker } of before) {
      const told = { ...takesOf(worker), ...(limits ? { limits } : {}) }
      const options = { home: queue.home, slots: this.count ?? slots, burst: false, ...told }
      started.push(await startInBackground(options, this.io.program))
    }
    if (this.json) return this.printJson({ stopped, started })
    if (stopped.length > 0) this.print(`Stopped ${plural(stopped.length, 'worker')}`)
    for (const { name, slots: n, pid, log } of started)
      this.print(`Started worker ${name} with ${plural(n, 'slot')} (pid ${pid}), log ${log}`)
  }
}
