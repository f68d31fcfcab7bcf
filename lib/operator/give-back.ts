/** Puts back the jobs of an operator command that died, and finishes its purges. */
import { join } from 'node:path'
import { listDir } from '../disk/files.ts'
import { type Holder, removeIfEmpty } from '../spool/holders.ts'
import { STATE_DIR } from '../spool/layout.ts'
import { moveBack } from '../spool/transitions.ts'
import { finishPurges } from './purge.ts'
import type { RunContext } from '../run/context.ts'
import { STATES } from '../job/state.ts'

/** Moves each job of a dead operator to the state it was taken from. @param takeUpRun resumes a job that was running */
export async function giveBackOperator(
  ctx: Pick<RunContext, 'home' | 'log'>,
  dead: Holder,
  takeUpRun: (dir: string, fileName: string) => Promise<void>,
): Promise<void> {
  for (const state of STATES) {
    const stateDir = STATE_DIR[state]
    for (const fileName of listDir(join(dead.dir, stateDir))) {
      if (fileName.startsWith('.')) continue
      if (state === 'processing') await takeUpRun(join(dead.dir, stateDir), fileName)
      else if (moveBack(ctx.home, join(dead.dir, stateDir, fileName), fileName, state))
        ctx.log(`${fileName} was being changed by a command that died: back in ${stateDir}/`)
    }
  }
  await finishPurges(ctx.home, dead.dir)
  removeIfEmpty(ctx.home, dead.dir)
}
