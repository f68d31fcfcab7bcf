/** `config set`: sets a key. */
import { Command, Option } from 'clipanion'
import { SETTINGS } from '../../../config/schema.ts'
import { QueueError } from '../../../errors.ts'
import type { Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { CONFIG_KEYS, findKey, parseValue, shownKey, shownValue } from '../../../config/keys.ts'

export class ConfigSetCommand extends QueueCommand {
  static override paths = [['config', 'set']]
  static override usage = Command.Usage({
    category: 'Configuration',
    description: 'set a key',
    details: `Keys: ${CONFIG_KEYS.map(shownKey).join(', ')}; written with dashes, underscores or in camelCase. Times
      are seconds, or a duration such as 5m. Running workers read it before their next decision; max-retries and default-priority are stored in a job when it is
      enqueued.`,
    examples: [
      ['Five attempts for each new job', 'queuectl config set max-retries 5'],
      ['Longer waits between attempts: 3, 9, 27 seconds', 'queuectl config set backoff-base 3'],
    ],
  })
  static override readonly makesHome = true
  static override forms = ['KEY VALUE', 'KEY=VALUE...']

  words = Option.Rest({ name: 'key', required: 1 })

  protected async run(queue: Queue): Promise<void> {
    const settings = this.pairs().map(([typed, text]) => {
      const key = findKey(typed, 'BAD_CONFIG')
      return { key, value: parseValue(key, text) }
    })
    for (const { key, value } of settings) await queue.setConfig(key, value)
    const shown = settings.map(({ key, value }) => [key, shownValue(key, value)] as const)
    if (this.json) this.printJson(Object.fromEntries(shown))
    else for (const [key, value] of shown) this.print(`${shownKey(key)} = ${value}`)
  }

  /** Each key with its value, as typed. @throws QueueError USAGE */
  private pairs(): [string, string][] {
    const [first = '', ...rest] = this.words
    const [second] = rest
    const joined = this.words.map((word): [string, string] => {
      const at = word.indexOf('=')
      return [word.slice(0, at), word.slice(at + 1)]
    })
    if (joined.every(([key]) => key !== '') && this.words.every((word) => word.includes('='))) return joined
    if (second !== undefined && rest.length === 1) return [[first, second]]
    const known = findKey(first, 'BAD_CONFIG')
    throw new QueueError('USAGE', `config set: ${shownKey(known)} takes one value: ${SETTINGS[known].expected}`)
  }
}
