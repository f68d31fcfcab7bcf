/** `dlq purge`: dead jobs are removed for good. */
import { Command, Option } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { deadOne, deadOnes, needsIdsOrAll } from '../dead.ts'
import { forEachId } from '../many.ts'
import { plural } from '../print.ts'

export class DlqPurgeCommand extends QueueCommand {
  static override paths = [['dlq', 'purge']]
  static override usage = Command.Usage({
    category: 'Dead letter queue',
    description: 'remove dead jobs for good, with their output',
    examples: [
      ['A dead job', 'queuectl dlq purge job1'],
      ['Which ones --all would remove', 'queuectl dlq purge --all --dry-run'],
    ],
  })
  static override forms = ['ID...', '--all [--dry-run]']

  all = Option.Boolean('-a,--all', false, { description: 'all dead jobs, cancelled ones too' })
  dryRun = Option.Boolean('--dry-run', false, { description: 'say which, and change nothing' })
  ids = Option.Rest({ name: 'id' })

  protected async run(queue: Queue): Promise<number> {
    needsIdsOrAll('dlq purge', this.ids, this.all)
    const ids = this.all ? (await deadOnes(queue, true)).ids : this.ids
    const status = await forEachId(ids, this.io, this.json, {
      done: 'purged',
      act: async (typed) => {
        if (this.dryRun) {
          const id = await deadOne(queue, typed, 'purge')
          return { id, line: `Would purge ${id}` }
        }
        const id = await queue.purge(typed)
        return { id, line: `Purged ${id}` }
      },
    })
    if (this.all) this.io.say(`${plural(ids.length, 'dead job')} ${this.dryRun ? 'would be purged' : 'purged'}`)
    return status
  }
}
