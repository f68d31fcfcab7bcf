/** `hold`: sets waiting jobs aside until they are released. */
import { Command } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { ABOUT_IDS, SelectingCommand, SELECTION } from '../input/selection.ts'
import { ALLOWED_IN } from '../../job/state.ts'

export class HoldCommand extends SelectingCommand {
  static override paths = [['hold']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'set waiting jobs aside until they are released',
    details: `Jobs that are pending, scheduled for later or waiting for another attempt can be held; a running job cannot. By
      hand: mv the file into hold/.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl hold job1'],
      ['Every waiting job of a queue', 'queuectl hold --queue mail'],
      [
        'Jobs with long commands',
        "queuectl list --json | jq -r '.[] | select(.command|length>80).id' | queuectl hold -",
      ],
    ],
  })
  static override forms = SELECTION

  protected async run(queue: Queue): Promise<number> {
    const { dryRun } = this
    return this.forEachSelected(queue, {
      doing: 'hold',
      done: 'held',
      states: ALLOWED_IN.hold,
      act: async (job) => (await queue.hold(job, { dryRun })).id,
    })
  }
}
