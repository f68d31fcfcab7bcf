/** What the commands on queues have in common: `QUEUE...`, or `--all`. */
import { Option } from 'clipanion'
import { QueueError } from '../../../errors.ts'
import { ALL_QUEUES } from '../../../job/pause.ts'
import { QueueCommand } from '../../command.ts'

export abstract class QueueNamingCommand extends QueueCommand {
  static override readonly forms: readonly string[] = ['QUEUE...', '--all']

  all = Option.Boolean('-a,--all', false, { description: 'all queues, also those that come later' })
  names = Option.Rest()

  /** @throws QueueError USAGE when none is named, or some and all */
  protected named(doing: string): string[] {
    if (this.all && this.names.length > 0) throw new QueueError('USAGE', `${doing}: queues or --all, not both`)
    if (!this.all && this.names.length === 0)
      throw new QueueError('USAGE', `${doing}: which queue?`, 'name queues, or --all; see: queuectl queue list')
    return this.all ? [ALL_QUEUES] : [...new Set(this.names)]
  }
}

/** A queue as people read it in the middle of a sentence. */
export const queueWords = (queue: string): string => (queue === ALL_QUEUES ? 'all queues' : queue)
