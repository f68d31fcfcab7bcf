/** `queue set`: changes settings of a queue, or of all. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../../errors.ts'
import { ALL_QUEUES } from '../../../job/pause.ts'
import { settingsWords } from '../../../job/queue-settings.ts'
import type { Queue, QueueSettings, SettingsResult } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'
import { isCount, isDuration, isNumber } from '../../input/option-types.ts'
import { queueWords, refuseNotObeyed } from './naming.ts'

/** The commands that change the settings of one queue, or with `--all` of all. */
export abstract class QueueSettingCommand extends QueueCommand {
  all = Option.Boolean('-a,--all', false, { description: 'of all queues together' })

  /** @throws QueueError USAGE when none is named, or one and all */
  protected one(doing: string, name: string | undefined): string {
    if (this.all && name !== undefined) throw new QueueError('USAGE', `${doing}: a queue or --all, not both`)
    if (!this.all && name === undefined)
      throw new QueueError('USAGE', `${doing}: which queue?`, 'name one, or --all; see: queuectl queue list')
    return name ?? ALL_QUEUES
  }

  protected tell(result: SettingsResult): void {
    if (this.json) this.printJson(result)
    else this.print(`Set ${queueWords(result.queue)}: ${settingsWords(result.settings)}`)
    refuseNotObeyed([result], 'settings')
  }
}

export class QueueSetCommand extends QueueSettingCommand {
  static override paths = [['queue', 'set']]
  static override makesHome = true
  static override usage = Command.Usage({
    category: 'Queues',
    description: 'limit a queue, or give its jobs defaults',
    details: `What is not named stays as it is. When the command returns every worker obeys; one that does not answer within
      3 seconds, or is too old to know settings, is named (exit status 75). A lower limit ends nothing that runs: no more
      starts until fewer run. The settings are a file, queues/QUEUE.json in the home, fit for an editor and for git.`,
    examples: [
      ['At most two letters at a time', 'queuectl queue set mail --limit 2'],
      ['At most eight commands in all', 'queuectl queue set --all --limit 8'],
    ],
  })
  static override forms = ['QUEUE', '--all']

  name = Option.String({ required: false })
  limit = Option.String('--limit', {
    description: '<N> how many of its commands run at the same time, over all workers',
    validator: isCount(0),
  })
  keyLimit = Option.String('--key-limit', {
    description: '<N> how many commands of one key run at the same time (1)',
    validator: isCount(1),
  })
  rate = Option.String('--rate', { description: '<N/TIME> how many of its jobs start in any such time: 10/m, 5/10s' })
  haltAfter = Option.String('--halt-after', {
    description: '<N> pause it after this many of its jobs in a row went dead',
    validator: isCount(1),
  })
  timeout = Option.String('-t,--timeout', {
    description: '<TIME> how long an attempt may take; 0: no limit',
    validator: isDuration,
  })
  maxRetries = Option.String('-r,--max-retries', {
    description: '<N> attempts in all, of jobs enqueued from now on',
    validator: isCount(0, 1000),
  })
  backoffBase = Option.String('--backoff-base', {
    description: '<NUMBER> the wait after failed attempt n is this ^ n seconds',
    validator: isNumber,
  })
  maxBackoff = Option.String('--max-backoff', {
    description: '<TIME> longest wait before a retry',
    validator: isDuration,
  })
  description = Option.String('--description', { description: '<TEXT> what it is for' })

  protected async run(queue: Queue): Promise<void> {
    const name = this.one('queue set', this.name)
    const settings: QueueSettings = Object.fromEntries(
      Object.entries({
        limit: this.limit,
        key_limit: this.keyLimit,
        rate: this.rate,
        halt_after: this.haltAfter,
        timeout: this.timeout,
        max_retries: this.maxRetries,
        backoff_base: this.backoffBase,
        max_backoff: this.maxBackoff,
        description: this.description,
      }).filter(([, value]) => value !== undefined),
    )
    if (Object.keys(settings).length === 0)
      throw new QueueError('USAGE', 'queue set: set what?', 'such as --limit 2; see: queuectl queue set --help')
    this.tell(await queue.setQueue(name, settings))
  }
}
