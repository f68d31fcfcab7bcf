/** `service uninstall`: takes back what `service install` did. */
import { Command } from 'clipanion'
import { ServiceCommand } from './command.ts'

export class ServiceUninstallCommand extends ServiceCommand {
  static override paths = [['service', 'uninstall']]
  static override usage = Command.Usage({
    category: 'Services',
    description: 'stop the service and remove its files',
    details: 'Jobs that run go on, and the next worker adopts them. The home stays as it is.',
    examples: [
      ['Yours', 'queuectl service uninstall'],
      ['First let the jobs end', 'queuectl worker stop && queuectl service uninstall'],
    ],
  })
  static override forms = ['[--user|--system] [--name NAME]']

  override async execute(): Promise<void> {
    const { uninstallService } = await import('../../../service/install.ts')
    const which = this.which()
    const removed = uninstallService(which)
    if (this.json) this.printJson({ name: which.name, removed })
    else for (const path of removed) this.print(`Removed ${path}`)
  }
}
