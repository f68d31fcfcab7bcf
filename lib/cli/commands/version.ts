/** `version`: the version, as `--version` prints it. */
import { Command } from 'clipanion'
import { QueueCommand } from '../command.ts'
import { VERSION } from '../../version.ts'

export class VersionCommand extends QueueCommand {
  static override paths = [['version']]
  static override usage = Command.Usage({
    category: 'Configuration',
    description: 'print the version',
    examples: [
      ['The version', 'queuectl version'],
      ['The same', 'queuectl --version'],
    ],
  })

  override async execute(): Promise<void> {
    return this.run()
  }

  protected async run(): Promise<void> {
    if (this.json) this.printJson({ version: VERSION })
    else this.print(`queuectl ${VERSION}`)
  }
}
