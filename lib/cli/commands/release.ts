/** `release`: puts held jobs back. */
import { Command } from 'clipanion'
import type { Queue } from '../../queue.ts'
import { ABOUT_IDS, SelectingCommand, SELECTION } from '../input/selection.ts'
import { ALLOWED_IN, shownState } from '../../job/state.ts'

export class ReleaseCommand extends SelectingCommand {
  static override paths = [['release'], ['unhold']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'put held jobs back to where they waited',
    details: `A job whose time has not come goes on waiting for it; all others are pending again, at the place in line
      that they had. The same by hand: mv its file from hold/ to pending/.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl release job1'],
      ['All that are held', 'queuectl release --all'],
    ],
  })
  static override forms = SELECTION

  protected async run(queue: Queue): Promise<number> {
    const { dryRun } = this
    return this.forSelected(queue, {
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
