/** Sends signals to all processes of a run, and ends what an earlier run left behind. */
import { sleep } from '../clock.ts'
import { isHeld } from '../disk/fifo.ts'
import { holdersOf, signalTargets, startTimeOf } from '../disk/process.ts'
import { GRACE_MS } from '../job/decide.ts'
import type { RunPaths } from './paths.ts'
import type { Traces } from './traces.ts'

/** Signals every process of a run: its process group, and all others that hold its FIFO. */
export function signalRun(paths: RunPaths, leader: Traces['leader'], signal: 'SIGTERM' | 'SIGKILL'): void {
  // Pids are used again: signal the group only while its leader is still the process in the start mark.
  const isOurs =
    leader !== undefined && leader.pid > 1 && startTimeOf(leader.pid) === (leader.start || startTimeOf(leader.pid))
  const targets = isOurs ? signalTargets(leader) : []
  for (const target of targets) sendSignal(target, signal)
  for (const pid of holdersOf(paths.fifo)) if (pid !== leader?.pid) sendSignal(pid, signal)
  // A stopped process handles TERM only after it is continued.
  if (signal === 'SIGTERM') for (const target of targets) sendSignal(target, 'SIGCONT')
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended already.
  }
}

/** Ends what an earlier run left behind: TERM, the grace, KILL. False: a process survived KILL. */
export async function endStrays(paths: RunPaths): Promise<boolean> {
  for (const [signal, wait] of [
    ['SIGTERM', GRACE_MS],
    ['SIGKILL', 1000],
  ] as const) {
    if (!isHeld(paths.fifo)) return true
    for (const pid of holdersOf(paths.fifo)) sendSignal(pid, signal)
    for (let waited = 0; waited < wait && isHeld(paths.fifo); waited += 20) await sleep(20)
  }
  return !isHeld(paths.fifo)
}
