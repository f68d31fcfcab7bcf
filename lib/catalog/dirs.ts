/** Finds the directories of jobs that come and go: of holders, and of days in `done/`. */
import { join } from 'node:path'
import { isRealDir, listDir } from '../disk/files.ts'
import { type Home, STATE_DIR } from '../spool/layout.ts'
import { doorDirs } from '../spool/scan.ts'
import { type State, STATES } from '../job/state.ts'

/** A directory and the state of the jobs in it; without a state it contains only directories. */
export interface FoundDir {
  readonly dir: string
  readonly state: State | undefined
  readonly holder?: string
}

/** `processing/` and the holders' directories: a worker's contains jobs, an operator's one directory for each state. */
export function* holderDirs({ processing }: Home): Generator<FoundDir> {
  yield { dir: processing, state: 'processing' }
  for (const holder of listDir(processing)) {
    if (holder.endsWith('.json')) continue
    const dir = join(processing, holder)
    if (!isRealDir(dir)) continue
    const isOperator = holder.startsWith('operator-')
    yield { dir, state: isOperator ? undefined : 'processing', holder }
    if (!isOperator) continue
    for (const state of STATES) {
      const from = join(dir, STATE_DIR[state])
      if (isRealDir(from)) yield { dir: from, state, holder }
    }
  }
}

/** `waiting/` and its directories, one for each job that others wait for. */
export function* waitingDirs(home: Home): Generator<FoundDir> {
  if (!isRealDir(home.waiting)) return
  yield { dir: home.waiting, state: undefined }
  for (const dir of doorDirs(home)) if (isRealDir(dir)) yield { dir, state: 'waiting' }
}

/** `done/` and its directories, one for each day. */
export function* doneDayDirs({ done }: Home): Generator<FoundDir> {
  yield { dir: done, state: 'completed' }
  for (const day of listDir(done)) if (isRealDir(join(done, day))) yield { dir: join(done, day), state: 'completed' }
}
