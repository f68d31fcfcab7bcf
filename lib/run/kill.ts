/**
 * Ending processes: TERM to all that a run started, a grace, KILL.
 */
import { GRACE_MS } from '../job/decide.ts'
import { sleep } from '../clock.ts'
import { isHeld } from '../disk/fifo.ts'
import type { Traces } from './traces.ts'
import { holdersOf, startTimeOf, signalTargets } from '../disk/process.ts'
import type { RunPaths } from './paths.ts'

/** Signals everything a run started: its process group, and whoever else holds its FIFO. */
export function signalRun(paths: RunPaths, leader: Traces['leader'], signal: 'SIGTERM' | 'SIGKILL'): void {
  // A group id is safe to use only while its leader is the process that we started.
  const isOurs =
    leader !== undefined && leader.pid > 1 && startTimeOf(leader.pid) === (leader.start || startTimeOf(leader.pid))
  const targets = isOurs ? signalTargets(leader) : []
  for (const target of targets) sendSignal(target, signal)
  for (const pid of holdersOf(paths.fifo)) if (pid !== leader?.pid) sendSignal(pid, signal)
  // A stopped process only takes the signal once it goes on.
  if (signal === 'SIGTERM') for (const target of targets) sendSignal(target, 'SIGCONT')
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended in between, which is what we want.
  }
}

/** Ends what an earlier run left behind: TERM, grace, KILL. False: something would not go. */
export async function endStrays(paths: RunPaths): Promise<boolean> {
  for (const [signal, patience] of [
    ['SIGTERM', GRACE_MS],
    ['SIGKILL', 1000],
  ] as const) {
    if (!isHeld(paths.fifo)) return true
    for (const pid of holdersOf(paths.fifo)) sendSignal(pid, signal)
    for (let waited = 0; waited < patience && isHeld(paths.fifo); waited += 20) await sleep(20)
  }
  return !isHeld(paths.fifo)
}
