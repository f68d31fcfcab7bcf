/** `web`: announced, and not there yet. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import { QueueCommand } from '../command.ts'
import { isCount } from '../values.ts'

export class WebCommand extends QueueCommand {
  static override paths = [['web'], ['dashboard']]
  static override usage = Command.Usage({
    category: 'Statistics',
    description: 'the web dashboard (not in this version)',
    examples: [
      ['Until then', 'queuectl status --watch'],
      ['And for programs', 'queuectl list --json'],
    ],
  })
  static override forms = ['[options]']

  host = Option.String('--host', '127.0.0.1', { description: '<ADDRESS> where to listen' })
  port = Option.String('--port', '5000', { description: '<N> the port', validator: isCount(0) })
  debug = Option.Boolean('--debug', false, { description: 'say more' })

  protected async run(): Promise<void> {
    throw new QueueError('FAILED', 'the web dashboard is not there yet', 'until then: queuectl status --watch')
  }
}
