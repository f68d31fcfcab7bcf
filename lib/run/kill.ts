/** Sends signals to all processes of a run, and ends what an earlier run left behind. */
import { sleep } from '../clock.ts'
import { signalTargets, startTimeOf } from '../disk/process.ts'
import { GRACE_MS } from '../job/decide.ts'
import { lifeOf, type MarkState, processesOf } from './run-life.ts'
import type { RunPaths } from './paths.ts'
import { readMark } from './traces.ts'

/** How long a process that is not seen may take to end by itself before it is given up (ms). */
const HIDDEN_MS = 1000
const LOOK_EVERY_MS = 20

/** Signals every process of a run: its process group, and all others that hold its FIFO. */
export function signalRun(paths: RunPaths, mark: MarkState, signal: 'SIGTERM' | 'SIGKILL'): void {
  const leader = typeof mark === 'string' ? undefined : mark.leader
  // Pids are used again: signal the group only while its leader is still the process in the start mark.
  const isOurs = leader !== undefined && leader.pid > 1 && startTimeOf(leader.pid) === leader.start
  const targets = isOurs ? signalTargets(leader) : []
  for (const target of targets) sendSignal(target, signal)
  for (const pid of processesOf(paths, mark)) if (pid !== leader?.pid) sendSignal(pid, signal)
  // A stopped process handles TERM only after it is continued.
  if (signal === 'SIGTERM') for (const target of targets) sendSignal(target, 'SIGCONT')
}

/** Signals one process, which may have ended already. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended already.
  }
}

/** How ending what a run left behind went: `survived`: these processes outlived KILL. `hidden`: none is seen. */
export interface EndResult {
  readonly kind: 'over' | 'survived' | 'hidden'
  readonly pids: readonly number[]
}

const OVER: EndResult = { kind: 'over', pids: [] }
const HIDDEN: EndResult = { kind: 'hidden', pids: [] }

/** Ends what an earlier run left behind: TERM, the grace, KILL. */
export async function endStrays(paths: RunPaths): Promise<EndResult> {
  const { mark } = readMark(paths)
  const isOver = (): boolean => lifeOf(paths, mark, true) === 'over'
  for (const [signal, wait] of [
    ['SIGTERM', GRACE_MS],
    ['SIGKILL', 1000],
  ] as const) {
    if (isOver()) return OVER
    const pids = processesOf(paths, mark)
    for (const pid of pids) sendSignal(pid, signal)
    const most = pids.length > 0 ? wait : HIDDEN_MS
    for (let waited = 0; waited < most && !isOver(); waited += LOOK_EVERY_MS) await sleep(LOOK_EVERY_MS)
    if (pids.length === 0 && !isOver() && processesOf(paths, mark).length === 0) return HIDDEN
  }
  if (isOver()) return OVER
  const pids = processesOf(paths, mark)
  return pids.length > 0 ? { kind: 'survived', pids } : HIDDEN
}
