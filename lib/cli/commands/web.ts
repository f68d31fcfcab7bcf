/** `web`: the dashboard and its HTTP API. */
import { dirname, join } from 'node:path'
import { realpathSync } from 'node:fs'
import { Command, Option } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { onInterrupt } from '../interrupts.ts'
import { isCount } from '../values.ts'

export class WebCommand extends QueueCommand {
  static override paths = [['web'], ['dashboard']]
  static override usage = Command.Usage({
    category: 'Statistics',
    description: 'the dashboard in a browser, and its HTTP API',
    examples: [
      ['On this machine', 'queuectl web'],
      ['Wherever there is a free port', 'queuectl web --port 0'],
    ],
  })
  static override forms = ['[options]']

  host = Option.String('--host', '127.0.0.1', { description: '<ADDRESS> where to listen' })
  port = Option.String('--port', '5000', { description: '<N> the port, 0 for any free one', validator: isCount(0) })
  readOnly = Option.Boolean('--read-only', false, { description: 'show everything, change nothing' })
  debug = Option.Boolean('--debug', false, { description: 'say more' })

  protected async run(queue: Queue): Promise<number | void> {
    const { serve } = await import('../../http/server.ts')
    const server = await serve(queue, {
      host: this.host,
      port: this.port,
      readOnly: this.readOnly,
      token: undefined,
      pages: join(dirname(realpathSync(this.io.program)), 'web'),
      tell: (error) => this.io.say(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    })
    this.print(server.url)
    await new Promise<void>((done) => {
      onInterrupt(() => done())
    })
    await server.close()
  }
}
