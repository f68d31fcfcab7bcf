/** Puts back what an operator command that died had taken, and finishes what it was purging. */
import { join } from 'node:path'
import { listDir } from '../disk/files.ts'
import { type Holder, removeIfEmpty } from '../spool/holders.ts'
import { STATE_DIR } from '../spool/layout.ts'
import { moveBack } from '../spool/transitions.ts'
import { finishPurges } from './purge.ts'
import type { RunContext } from '../run/context.ts'
import { STATES } from '../job/state.ts'

/** An operator's command that died in the middle: its job goes back to the state it was taken from. */
export async function giveBackOperator(
  ctx: Pick<RunContext, 'home' | 'log'>,
  dead: Holder,
  takeUpRun: (dir: string, fileName: string) => Promise<void>,
): Promise<void> {
  for (const state of STATES) {
    const place = STATE_DIR[state]
    for (const fileName of listDir(join(dead.dir, place))) {
      if (fileName.startsWith('.')) continue
      if (state === 'processing') await takeUpRun(join(dead.dir, place), fileName)
      else if (moveBack(ctx.home, join(dead.dir, place, fileName), fileName, state))
        ctx.log(`${fileName} was being changed by a command that died: back in ${place}/`)
    }
  }
  finishPurges(ctx.home, dead.dir)
  removeIfEmpty(ctx.home, dead.dir)
}
