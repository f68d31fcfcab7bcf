/** `config set` and `config unset`. */
import { Command, Option } from 'clipanion'
import { SETTINGS } from '../../../config/schema.ts'
import { QueueError } from '../../../errors.ts'
import type { Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { DEFAULTS } from '../../../config/schema.ts'
import { CONFIG_KEYS, findKey, parseValue, shownKey, shownValue } from '../../../config/keys.ts'

export class ConfigSetCommand extends QueueCommand {
  static override paths = [['config', 'set']]
  static override usage = Command.Usage({
    category: 'Configuration',
    description: 'set a value',
    details: `Keys: ${CONFIG_KEYS.map(shownKey).join(', ')}; written with dashes, underscores or in camelCase. Running
      workers read it before their next decision; max-retries and default-priority are written into a job when it is
      enqueued.`,
    examples: [
      ['Five attempts for each new job', 'queuectl config set max-retries 5'],
      ['Longer waits between attempts: 3, 9, 27 seconds', 'queuectl config set backoff-base 3'],
    ],
  })
  static override forms = ['KEY VALUE', 'KEY=VALUE']

  words = Option.Rest({ name: 'key', required: 1 })

  protected async run(queue: Queue): Promise<void> {
    const [typed, text] = this.pair()
    const key = findKey(typed, 'BAD_CONFIG')
    const value = parseValue(key, text)
    await queue.setConfig(key, value)
    if (this.json) this.printJson({ [key]: shownValue(key, value) })
    else this.print(`${shownKey(key)} = ${shownValue(key, value)}`)
  }

  private pair(): [string, string] {
    const [first = '', ...rest] = this.words
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(first) ?? []
    if (key !== undefined && value !== undefined && rest.length === 0) return [key, value]
    const [second] = rest
    if (second !== undefined && rest.length === 1) return [first, second]
    const known = findKey(first, 'BAD_CONFIG')
    throw new QueueError('USAGE', `config set: ${shownKey(known)} takes one value: ${SETTINGS[known].expected}`)
  }
}

export class ConfigUnsetCommand extends QueueCommand {
  static override paths = [['config', 'unset']]
  static override usage = Command.Usage({
    category: 'Configuration',
    description: 'take a key back to its default',
    examples: [
      ['Back to the default', 'queuectl config unset max-retries'],
      ['In any spelling', 'queuectl config unset backoffBase'],
    ],
  })
  static override forms = ['KEY']

  key = Option.String({ name: 'key' })

  protected async run(queue: Queue): Promise<void> {
    const key = findKey(this.key, 'BAD_CONFIG')
    await queue.setConfig(key, undefined)
    if (this.json) this.printJson({ [key]: DEFAULTS[key] })
    else this.print(`${shownKey(key)} = ${DEFAULTS[key]} (default)`)
  }
}
