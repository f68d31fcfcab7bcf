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
    details: `Pending jobs, those scheduled for later and failed ones that wait for another attempt; a job that runs
      cannot be held. The same by hand: mv its file into hold/.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl hold job1'],
      ['All that wait in a queue', 'queuectl hold --queue mail'],
      [
        'Those with long commands',
        "queuectl list --json | jq -r '.[] | select(.command|length>80).id' | queuectl hold -",
      ],
    ],
  })
  static override forms = SELECTION

  protected async run(queue: Queue): Promise<number> {
    const { dryRun } = this
    return this.forSelected(queue, {
      doing: 'hold',
      done: 'held',
      states: ALLOWED_IN.hold,
      act: async (job) => (await queue.hold(job, { dryRun })).id,
    })
  }
}
