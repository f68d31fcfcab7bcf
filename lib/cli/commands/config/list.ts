/** `config list`: prints every key with its value and where that comes from. */
import { Command } from 'clipanion'
import { SETTINGS } from '../../../config/schema.ts'
import type { Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { table, wrap } from '../../output/text.ts'
import { CONFIG_KEYS, shownConfig, shownKey, shownValue } from '../../../config/keys.ts'
import { environment } from '../../../config/env.ts'

/** The width that the other columns usually take. */
const BEFORE_MEANING = 40
/** A hook may be long; `config get` shows all of it. */
const WIDEST_VALUE = 24

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
    const rows = CONFIG_KEYS.flatMap((key) => {
      const source =
        key === 'foreground' && isFromEnvironment ? 'environment' : set[key] === undefined ? 'default' : 'file'
      const [first = '', ...more] = wrap(SETTINGS[key].meaning, Math.max(24, this.io.columns - BEFORE_MEANING))
      return [
        [shownKey(key), String(shownValue(key, config[key])), source, first],
        ...more.map((line) => ['', '', '', line]),
      ]
    })
    for (const line of table(['KEY', 'VALUE', 'FROM', 'MEANING'], rows, this.io.columns, { most: WIDEST_VALUE }))
      this.print(line)
  }
}
