/** What the commands on queues have in common: `QUEUE...`, or `--all`. */
import { Option } from 'clipanion'
import { QueueError } from '../../../errors.ts'
import { ALL_QUEUES } from '../../../job/pause.ts'
import type { PauseResult, Queue } from '../../../queue.ts'
import { QueueCommand } from '../../command.ts'

export abstract class QueueNamingCommand extends QueueCommand {
  static override readonly forms: readonly string[] = ['QUEUE...', '--all']

  all = Option.Boolean('-a,--all', false, { description: 'all queues, also those that come later' })
  names = Option.Rest()

  /** @throws QueueError USAGE when none is named, or some and all */
  protected named(doing: string): string[] {
    if (this.all && this.names.length > 0) throw new QueueError('USAGE', `${doing}: queues or --all, not both`)
    if (!this.all && this.names.length === 0)
      throw new QueueError('USAGE', `${doing}: which queue?`, 'name queues, or --all; see: queuectl queue list')
    return this.all ? [ALL_QUEUES] : [...new Set(this.names)]
  }
}

/** The commands that pause. */
export abstract class QueuePausingCommand extends QueueNamingCommand {
  static override readonly makesHome: boolean = true

  reason = Option.String('-m,--reason', { description: '<TEXT> why, for those who look' })

  /** Pauses one after the other, each until it is obeyed. @param until milliseconds */
  protected async pause(queue: Queue, names: readonly string[], until?: number): Promise<PauseResult[]> {
    const { reason } = this
    const options = { ...(reason === undefined ? {} : { reason }), ...(until === undefined ? {} : { until }) }
    const results: PauseResult[] = []
    for (const name of names) results.push(await queue.pauseQueue(name, options))
    return results
  }
}

/** @throws QueueError STILL_RUNNING naming the workers that may still claim as before */
export function refuseNotObeyed(
  results: readonly Pick<PauseResult, 'not_obeying'>[],
  what: 'pause' | 'settings' = 'pause',
): void {
  const workers = [...new Set(results.flatMap((result) => result.not_obeying))]
  if (workers.length === 0) return
  throw new QueueError(
    'STILL_RUNNING',
    `${workers.join(', ')} may not obey the ${what} yet: not answering, or of a version without ${what === 'pause' ? 'pauses' : what}`,
    'see queuectl worker list; restart older workers with: queuectl worker restart',
  )
}

/** A queue as people read it in the middle of a sentence. */
export const queueWords = (queue: string): string => (queue === ALL_QUEUES ? 'all queues' : queue)
