/** Puts back what an operator command that died had taken, and finishes what it was purging. */
import { join } from 'node:path'
import { STATES } from '../job/job.ts'
import { names } from '../disk/files.ts'
import { clear, type Holder } from '../spool/holders.ts'
import { PLACE_OF } from '../spool/layout.ts'
import { moveBack } from '../spool/transitions.ts'
import { finishPurges } from './purge.ts'
import type { Site } from '../run/context.ts'

/** An operator's command that died in the middle: its job goes back to the state it was taken from. */
export async function giveBackOperator(
  site: Pick<Site, 'home' | 'say'>,
  dead: Holder,
  takeUpRun: (dir: string, fileName: string) => Promise<void>,
): Promise<void> {
  for (const state of STATES) {
    const place = PLACE_OF[state]
    for (const fileName of names(join(dead.dir, place))) {
      if (fileName.startsWith('.')) continue
      if (state === 'processing') await takeUpRun(join(dead.dir, place), fileName)
      else if (moveBack(site.home, join(dead.dir, place, fileName), fileName, state))
        site.say(`${fileName} was being changed by a command that died: back in ${place}/`)
    }
  }
  finishPurges(site.home, dead.dir)
  clear(site.home, dead.dir)
}
