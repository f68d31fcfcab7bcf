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
    details: `Keys: ${CONFIG_KEYS.map(shownKey).join(', ')}; written with dashes, underscores or in camelCase. Running
      workers read it before their next decision; max-retries and default-priority are stored in a job when it is
      enqueued.`,
    examples: [
      ['Five attempts for each new job', 'queuectl config set max-retries 5'],
      ['Longer waits between attempts: 3, 9, 27 seconds', 'queuectl config set backoff-base 3'],
    ],
  })
  static override readonly makesHome = true
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
