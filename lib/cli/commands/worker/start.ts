/** `worker start`: starts a worker, in the background unless asked otherwise. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../../errors.ts'
import { whyNotQueue } from '../../../job/file-name.ts'
import { type Takes, takesQueue } from '../../../job/takes.ts'
import type { Queue } from '../../../queue.ts'
import type { WorkerLimits } from '../../../spool/holders.ts'
import { QueueCommand } from '../../command.ts'
import { plural } from '../../output/text.ts'
import { isAbove0, isCount, isDuration, isSize } from '../../input/option-types.ts'
import { environment } from '../../../config/env.ts'

/** More would be a slip of the finger: each slot is a process of its own. */
export const MOST_SLOTS = 1000

export class WorkerStartCommand extends QueueCommand {
  static override paths = [['worker', 'start']]
  static override usage = Command.Usage({
    category: 'Workers',
    description: 'start a worker that runs jobs',
    details: `By default in the background: the command returns when the worker is up, and prints its pid and log. In the
      foreground (--foreground, QUEUECTL_FOREGROUND=1 or config foreground) it blocks; the first Ctrl-C or SIGTERM lets the
      running jobs finish, a second one ends them and puts them back. Each further start adds a worker.`,
    examples: [
      ['Three jobs at a time', 'queuectl worker start --count 3'],
      ['In this terminal, until Ctrl-C', 'queuectl worker start --foreground'],
      ['Until nothing is left to do', 'queuectl worker start --foreground --burst'],
      ['Only what is in two queues', 'queuectl worker start --queue mail,web'],
      ['One job now, ahead of all others', 'queuectl worker start --only job1'],
      ['Only while the machine has room', 'queuectl worker start --max-load 4 --min-free-mem 2GiB'],
    ],
  })
  static override readonly makesHome = true
  static override forms = ['[options]']

  count = Option.String('-c,--count', '1', {
    description: '<N> how many jobs run at a time (1)',
    validator: isCount(1, MOST_SLOTS),
  })
  foreground = Option.Boolean('--foreground', { description: 'stay in this terminal' })
  background = Option.Boolean('--background', { description: 'return when the worker is up' })
  burst = Option.Boolean('--burst', false, { description: 'exit when no job is pending or waiting for a retry' })

  maxLoad = Option.String('--max-load', {
    description: '<L> start no job while the load of the machine is higher',
    validator: isAbove0,
  })
  minFreeMem = Option.String('--min-free-mem', {
    description: '<SIZE> start no job while less memory is free, such as 2GiB',
    validator: isSize,
  })
  maxJobs = Option.String('--max-jobs', { description: '<N> exit when it has run N jobs', validator: isCount(1) })
  idleExit = Option.String('--idle-exit', {
    description: '<TIME> exit when there was nothing to do for so long, such as 10m',
    validator: isDuration,
  })
  queues = Option.Array('--queue', { description: '<QUEUE,...> take only jobs of these queues' })
  notQueues = Option.Array('--not-queue', { description: '<QUEUE,...> take no jobs of these queues' })
  only = Option.String('--only', { description: '<ID> run only this job, and exit when it is settled' })

  protected async run(queue: Queue): Promise<number | void> {
    if (this.foreground && this.background)
      throw new QueueError('USAGE', 'worker start: --foreground or --background, not both')
    const isForeground = this.foreground ?? (this.background ? false : queue.config().foreground)
    const { runInForeground, startInBackground } = await import('../../../worker/start.ts')
    const only = this.only === undefined ? {} : { only: (await queue.get(this.only)).id }
    const takes: Takes = { ...queuesOf('queues', this.queues), ...queuesOf('not_queues', this.notQueues), ...only }
    if (takes.queues?.every((name) => !takesQueue(takes, name)))
      throw new QueueError(
        'USAGE',
        'worker start: it would take no job: each --queue is a --not-queue too',
        'leave one of the two out',
      )
    const options = { home: queue.home, slots: this.count, burst: this.burst, ...takes, ...this.limits() }
    // Orphans of the whole container come to us, and Node reaps none of them.
    if (isForeground && process.pid === 1) {
      const { runBelowInit } = await import('../../../worker/init.ts')
      const status = await runBelowInit()
      if (status !== undefined) return status
    }
    if (isForeground) return runInForeground(options, (line) => this.io.messageNow(line), environment().readyFd)
    const worker = await startInBackground(options, this.io.program)
    if (this.json) return this.printJson(worker)
    this.print(
      `Started worker ${worker.name} with ${plural(worker.slots, 'slot')} (pid ${worker.pid}), log ${worker.log}`,
    )
  }

  private limits(): { limits?: WorkerLimits } {
    const { maxLoad, minFreeMem, maxJobs, idleExit } = this
    const limits = {
      ...(maxLoad === undefined ? {} : { max_load: maxLoad }),
      ...(minFreeMem === undefined ? {} : { min_free_mem: minFreeMem }),
      ...(maxJobs === undefined ? {} : { max_jobs: maxJobs }),
      ...(idleExit === undefined ? {} : { idle_exit: idleExit }),
    }
    return Object.keys(limits).length === 0 ? {} : { limits }
  }
}

/** The queues that an option names, under a name of {@link Takes}. @throws QueueError USAGE */
function queuesOf(name: 'queues' | 'not_queues', given: readonly string[] = []): Takes {
  const queues = [...new Set(given.flatMap((text) => text.split(',')))]
  for (const queue of queues) {
    const why = whyNotQueue(queue)
    if (why) throw new QueueError('USAGE', `worker start: ${JSON.stringify(queue)}: ${why}`)
  }
  return queues.length === 0 ? {} : { [name]: queues }
}
