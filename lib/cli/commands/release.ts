/** `release`: puts held jobs back. */
import { Command } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { ABOUT_IDS, SelectingCommand, SELECTION } from '../input/selection.ts'
import { ALLOWED_IN, shownState } from '../../job/state.ts'

export class ReleaseCommand extends SelectingCommand {
  static override paths = [['release'], ['unhold']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'put held jobs back',
    details: `A job whose start time is still to come waits for it; all others are pending again, in their old place in the order.
      By hand: mv the file from hold/ to pending/.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl release job1'],
      ['All held jobs', 'queuectl release --all'],
    ],
  })
  static override forms = SELECTION

  protected async run(queue: Queue): Promise<number> {
    const { dryRun } = this
    return this.forEachSelected(queue, {
      doing: 'release',
      done: 'released',
      states: ALLOWED_IN.release,
      act: async (job) => {
        const { id, state } = await queue.release(job, { dryRun })
        const waits = state === 'pending' ? '' : `: it waits for its time (${shownState(state)})`
        return { id, line: `Released ${id}${waits}` }
      },
    })
  }
}
