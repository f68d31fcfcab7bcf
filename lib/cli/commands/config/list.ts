/** `config list`: prints every key with its value and where that comes from. */
import { Command } from 'clipanion'
import { SETTINGS } from '../../../config/schema.ts'
import type { Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { table } from '../../output/table.ts'
import { CONFIG_KEYS, shownConfig, shownKey, shownValue } from '../../../config/keys.ts'
import { visible } from '../../../job/sanitize.ts'
import { environment } from '../../../config/env.ts'

const HEADS = [
  'KEY',
  // A hook may be long.
  { head: 'VALUE', most: 16, wraps: true as const },
  { head: 'FROM', omit: 'same' as const },
  { head: 'MEANING', wraps: true as const },
]

export class ConfigListCommand extends QueueCommand {
  static override paths = [
    ['config', 'list'],
    ['config', 'show'],
  ]
  static override usage = Command.Usage({
    category: 'Configuration',
    description: 'list every key with its value and meaning',
    examples: [
      ['All of them', 'queuectl config list'],
      ['For a script', 'queuectl config list --json | jq .max_retries'],
    ],
  })
  static override forms = ['[--json]']

  protected async run(queue: Queue): Promise<void> {
    const config = queue.config()
    if (this.json) return this.printJson(shownConfig(config))
    const set = queue.settings()
    const isFromEnvironment = environment().foreground !== undefined
    const rows = CONFIG_KEYS.map((key) => {
      const source =
        key === 'foreground' && isFromEnvironment ? 'environment' : set[key] === undefined ? 'default' : 'file'
      return [shownKey(key), visible(String(shownValue(key, config[key]))), source, SETTINGS[key].meaning]
    })
    for (const line of table(HEADS, rows, this.io.columns)) this.print(line)
  }
}
