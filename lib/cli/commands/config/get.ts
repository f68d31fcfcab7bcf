/** `config get`: prints one value, or all of them. */
import { Command, Option } from 'clipanion'
import { SETTINGS } from '../../../config/schema.ts'
import type { Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { CONFIG_KEYS, findKey, shownConfig, shownKey, shownValue } from '../../../config/keys.ts'

export class ConfigGetCommand extends QueueCommand {
  static override paths = [['config', 'get']]
  static override usage = Command.Usage({
    category: 'Configuration',
    description: 'print one value, or all of them',
    details: 'Exit status 4 if there is no such key.',
    examples: [
      ['A value', 'queuectl config get max-retries'],
      ['All of them', 'queuectl config get'],
    ],
  })
  static override forms = ['[KEY]']

  key = Option.String({ name: 'key', required: false })

  protected async run(queue: Queue): Promise<void> {
    const config = queue.config()
    if (this.key !== undefined) {
      const key = findKey(this.key, 'NOT_FOUND')
      const value = SETTINGS[key].isHook ? shownValue(key, config[key]) : config[key]
      return this.json ? this.printJson(value) : this.print(String(value))
    }
    if (this.json) return this.printJson(shownConfig(config))
    for (const key of CONFIG_KEYS) this.print(`${shownKey(key)}: ${shownValue(key, config[key])}`)
  }
}
