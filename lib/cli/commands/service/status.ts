/** `service status`: what systemd or launchd says of the service. */
import { Command } from 'clipanion'
import { EXIT_STATUS } from '../../../errors.ts'
import { padTo } from '../../output/text.ts'
import { ServiceCommand } from './command.ts'

export class ServiceStatusCommand extends ServiceCommand {
  static override paths = [['service', 'status']]
  static override usage = Command.Usage({
    category: 'Services',
    description: 'report whether the service is installed and runs',
    details: 'Exit status 0 if it runs, or waits for jobs; 5 if it does not, 4 if it is not installed.',
    examples: [
      ['Yours', 'queuectl service status'],
      ['That of the machine', 'queuectl service status --system --json'],
    ],
  })
  static override forms = ['[--user|--system] [--name NAME]']

  override async execute(): Promise<number> {
    const { notInstalled, serviceStatus } = await import('../../../service/install.ts')
    const status = serviceStatus(this.which())
    if (this.json) this.printJson(status)
    else if (!status.installed) throw notInstalled(status)
    const width = Math.max(...status.units.map(({ unit }) => unit.length))
    if (!this.json)
      for (const { unit, enabled, state } of status.units)
        this.print(`${padTo(unit, width)}  ${enabled ? 'enabled ' : '-       '}  ${state}`)
    if (status.lingers === false && status.running)
      this.io.message('it ends when you log out: loginctl enable-linger keeps it running')
    if (!status.installed) return EXIT_STATUS.NOT_FOUND
    return status.running ? 0 : EXIT_STATUS.NO_WORKER
  }
}
