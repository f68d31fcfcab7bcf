/** `retry` and `dlq retry`: jobs are sent back to run again. */
import { Command, Option } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { deadOne, deadOnes, needsIdsOrAll } from '../dead.ts'
import { forEachId } from '../many.ts'
import { plural } from '../print.ts'

export class RetryCommand extends QueueCommand {
  static override paths = [['retry']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'send failed, dead or completed jobs back to run again',
    details: 'Attempts count from zero again; history and output are kept.',
    examples: [
      ['A job', 'queuectl retry job1'],
      ['The one enqueued last', 'queuectl retry last'],
    ],
  })
  static override forms = ['ID...']

  ids = Option.Rest({ name: 'id', required: 1 })

  protected async run(queue: Queue): Promise<number> {
    return forEachId(this.ids, this.io, this.json, {
      done: 'retried',
      act: async (typed) => {
        const { id } = await queue.retry(typed)
        return { id, line: `Job ${id} is pending again` }
      },
    })
  }
}

export class DlqRetryCommand extends QueueCommand {
  static override paths = [['dlq', 'retry']]
  static override usage = Command.Usage({
    category: 'Dead letter queue',
    description: 'send dead jobs back to run again',
    details: `Attempts count from zero again; history and output are kept. --all passes over jobs that somebody
      cancelled, unless --cancelled is given.`,
    examples: [
      ['A dead job', 'queuectl dlq retry job1'],
      ['Which ones --all would send back', 'queuectl dlq retry --all --dry-run'],
      ['All of them', 'queuectl dlq retry --all'],
    ],
  })
  static override forms = ['ID...', '--all [--cancelled] [--dry-run]']

  all = Option.Boolean('-a,--all', false, { description: 'all dead jobs but cancelled ones' })
  cancelled = Option.Boolean('--cancelled', false, { description: 'with --all: cancelled ones too' })
  dryRun = Option.Boolean('--dry-run', false, { description: 'say which, and change nothing' })
  ids = Option.Rest({ name: 'id' })

  protected async run(queue: Queue): Promise<number> {
    needsIdsOrAll('dlq retry', this.ids, this.all)
    const { ids, passedOver } = this.all ? await deadOnes(queue, this.cancelled) : { ids: this.ids, passedOver: 0 }
    const status = await forEachId(ids, this.io, this.json, {
      done: 'retried',
      act: async (typed) => {
        if (this.dryRun) {
          const id = await deadOne(queue, typed, 'retry')
          return { id, line: `Would retry ${id}` }
        }
        const { id } = await queue.retry(typed, { onlyDead: true })
        return { id, line: `Job ${id} is pending again` }
      },
    })
    if (this.all) {
      const skipped = passedOver === 0 ? '' : `; ${passedOver} cancelled passed over (--cancelled takes them too)`
      this.io.say(`${plural(ids.length, 'dead job')} ${this.dryRun ? 'would be retried' : 'retried'}${skipped}`)
    }
    return status
  }
}
