/** What the `service` commands have in common: which service is meant. They do not open the home, which may be another user's. */
import { basename } from 'node:path'
import { Option } from 'clipanion'
import { homePath, isUsualHome } from '../../../config/env.ts'
import { QueueError } from '../../../errors.ts'
import type { Scope } from '../../../service/plan.ts'
import type { ServiceName } from '../../../service/install.ts'
import { QueueCommand } from '../../command.ts'

/** What a unit of systemd and a label of launchd may be named, with a word of ours behind it. */
const NAME = /^[A-Za-z][\w.-]{0,99}$/

export abstract class ServiceCommand extends QueueCommand {
  user = Option.Boolean('--user', { description: 'a service of yours (unless you are root)' })
  system = Option.Boolean('--system', { description: 'a service of the machine' })
  named = Option.String('--name', {
    description: '<NAME> its name (queuectl, or queuectl-DIR for another home than ~/.queuectl)',
  })

  abstract override execute(): Promise<number | void>

  protected async run(): Promise<void> {
    await this.execute()
  }

  protected get scope(): Scope {
    if (this.user && this.system) throw new QueueError('USAGE', 'service: --user or --system, not both')
    if (this.user ?? this.system) return this.user ? 'user' : 'system'
    return process.getuid?.() === 0 ? 'system' : 'user'
  }

  protected which(home = homePath(this.context.home), isUsual = isUsualHome(home)): ServiceName {
    const name = this.named ?? (isUsual ? 'queuectl' : `queuectl-${basename(home).replaceAll(/[^\w.-]/g, '_')}`)
    if (!NAME.test(name))
      throw new QueueError(
        'USAGE',
        `--name ${JSON.stringify(name)}: begin with a letter; then letters, digits, - _ and .`,
      )
    if (/[\0-\x1f\x7f]/.test(home))
      throw new QueueError(
        'USAGE',
        `cannot keep a worker for ${JSON.stringify(home)}: there is a control character in it`,
      )
    return { name, scope: this.scope, home }
  }
}
