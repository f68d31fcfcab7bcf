/** `web`: serves the dashboard and the HTTP API. */
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { outlivesTerminal } from '../../disk/hangup.ts'
import { onInterrupt } from '../signals.ts'
import { isCount } from '../input/option-types.ts'
import { environment } from '../../config/env.ts'

const LAST_PORT = 65_535

export class WebCommand extends QueueCommand {
  static override paths = [['web'], ['dashboard']]
  static override usage = Command.Usage({
    category: 'Statistics',
    description: 'serve the dashboard and the HTTP API',
    details: `Prints its address and runs until Ctrl-C. It keeps nothing of its own and may be started several times. Anyone who
      can reach it can run commands as you: it listens on this machine only, and on another address only with a token
      (QUEUECTL_TOKEN or --token), which the page asks for. The printed link signs in the first browser that opens it.`,
    examples: [
      ['On this machine', 'queuectl web'],
      ['In a browser, on any free port', 'queuectl web --port 0 --open'],
      ['For others to look at', 'QUEUECTL_TOKEN=$(openssl rand -hex 16) queuectl web --host 0.0.0.0 --read-only'],
      ['The API', 'curl -s http://127.0.0.1:5000/api/v1/jobs?state=dead | jq .total'],
      ['A description of the API', 'curl -s http://127.0.0.1:5000/api/v1/openapi.json'],
    ],
  })
  static override readonly makesHome = true
  static override forms = ['[--host ADDRESS] [--port N] [options]']

  host = Option.String('--host', '127.0.0.1', { description: '<ADDRESS> the address to listen on' })
  port = Option.String('--port', '5000', { description: '<N> the port, 0 for any free one', validator: isCount(0) })
  open = Option.Boolean('--open', false, { description: 'open it in the browser' })
  readOnly = Option.Boolean('--read-only', false, { description: 'show everything, change nothing' })
  token = Option.String('--token', { description: '<T> the token that requests need; better set QUEUECTL_TOKEN' })
  allowHost = Option.Array('--allow-host', {
    description: '<NAME> another host name to answer to, such as a proxy’s; repeatable',
  })
  debug = Option.Boolean('--debug', false, { description: 'print a line on stderr for each request' })

  protected async run(queue: Queue): Promise<void> {
    if (this.port > LAST_PORT) throw new QueueError('USAGE', `--port ${this.port}: ports end at ${LAST_PORT}`)
    const { serve } = await import('../../http/server.ts')
    const server = await serve(queue, {
      host: this.host,
      port: this.port,
      names: this.allowHost ?? [],
      readOnly: this.readOnly,
      token: this.token ?? environment().token,
      pages: join(dirname(realpathSync(this.io.program)), 'web'),
      report: (error) => this.io.messageNow(error instanceof Error ? (error.stack ?? error.message) : String(error)),
      ...(this.debug ? { trace: (line: string) => this.io.messageNow(line) } : {}),
    })
    const interrupted = new Promise<void>((done) => {
      onInterrupt(() => done(), { evenHangup: !outlivesTerminal() })
    })
    if (this.json) this.printJson({ url: server.url, link: server.link })
    else this.print(server.link)
    if (this.io.stderrIsTerminal)
      this.io.message(`serving ${queue.home}${this.readOnly ? ', read-only' : ''}; Ctrl-C ends it`)
    if (this.open) await this.openPage(server.link)
    await interrupted
    await server.close()
  }

  private async openPage(url: string): Promise<void> {
    const { openPage } = await import('../output/open-browser.ts')
    if (!(await openPage(url))) this.io.message('there is no browser to open it with')
  }
}
