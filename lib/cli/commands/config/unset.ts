/** `config unset`: resets a key to its default. */
import { Command, Option } from 'clipanion'
import type { Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { DEFAULTS } from '../../../config/schema.ts'
import { findKey, shownKey } from '../../../config/keys.ts'

export class ConfigUnsetCommand extends QueueCommand {
  static override paths = [['config', 'unset']]
  static override usage = Command.Usage({
    category: 'Configuration',
    description: 'reset a key to its default',
    examples: [
      ['Back to the default', 'queuectl config unset max-retries'],
      ['In any spelling', 'queuectl config unset backoffBase'],
    ],
  })
  static override readonly makesHome = true
  static override forms = ['KEY']

  key = Option.String({ name: 'key' })

  protected async run(queue: Queue): Promise<void> {
    const key = findKey(this.key, 'BAD_CONFIG')
    await queue.setConfig(key, undefined)
    if (this.json) this.printJson({ [key]: DEFAULTS[key] })
    else this.print(`${shownKey(key)} = ${DEFAULTS[key]} (default)`)
  }
}
