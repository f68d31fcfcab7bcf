/** Puts back the jobs of an operator command that died, and finishes its purges. */
import { join, relative } from 'node:path'
import { listRealDir, lstat } from '../disk/files.ts'
import { quarantine } from '../spool/corrupt.ts'
import { type Holder, PURGE_MARKS, removeIfEmpty } from '../spool/holders.ts'
import { STATE_DIR } from '../spool/layout.ts'
import { moveBack } from '../spool/transitions.ts'
import { finishPurge } from './purge.ts'
import type { RunContext } from '../run/context.ts'
import { STATES } from '../job/state.ts'

interface GiveBackHost {
  /** Does something with one entry, given by its path in the home; a failure is about this entry and is not thrown. */
  contain(entry: string, doing: string, act: () => Promise<void>): Promise<void>
  /** Resumes a job that was running. */
  takeUpRun(dir: string, fileName: string): Promise<void>
}

/** Moves each job of a dead operator to the state it was taken from. */
export async function giveBackOperator(
  ctx: Pick<RunContext, 'home' | 'log'>,
  dead: Holder,
  { contain, takeUpRun }: GiveBackHost,
): Promise<void> {
  const { home } = ctx
  for (const state of STATES) {
    const dir = join(dead.dir, STATE_DIR[state])
    for (const fileName of listRealDir(dir)) {
      if (fileName.startsWith('.')) continue
      const path = join(dir, fileName)
      await contain(relative(home.root, path), `give back ${fileName}`, async () => {
        if (lstat(path)?.isFile() === false)
          quarantine(home, path, fileName, 'it was in the directory of a command that died, and is not a regular file')
        else if (state === 'processing') await takeUpRun(dir, fileName)
        else if (moveBack(home, path, fileName, state))
          ctx.log(`${fileName} was being changed by a command that died: back in ${STATE_DIR[state]}/`)
      })
    }
  }
  const marks = join(dead.dir, PURGE_MARKS)
  for (const fileName of listRealDir(marks))
    await contain(relative(home.root, join(marks, fileName)), `finish the removal of ${fileName}`, () =>
      finishPurge(home, join(marks, fileName)),
    )
  removeIfEmpty(home, dead.dir)
}
