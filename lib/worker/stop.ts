/**
 * Stops workers, from any terminal: sends a signal to the process that a worker's info file names by pid and start time,
 * and waits until no process holds the worker's FIFO.
 */
import { join } from 'node:path'
import { sleep } from '../clock.ts'
import { type Holder, holders } from '../spool/holders.ts'
import { openHome } from '../spool/layout.ts'
import { onReleased, openReadEndIfThere } from '../disk/fifo.ts'
import { homePath } from '../config/env.ts'
import { isRunning } from '../disk/process.ts'

export interface StopOptions {
  readonly home: string
  /** `drain`: finish the runs. `leave`: stop now, the runs go on and are adopted. `force`: end the runs, give jobs back. */
  readonly mode: 'drain' | 'leave' | 'force'
  /** Seconds to wait; undefined: without limit. */
  readonly timeout?: number
}

const SIGNAL = { drain: 'SIGTERM', leave: 'SIGUSR2', force: 'SIGQUIT' } as const

/** Stops all workers of a home and waits for their end. `left`: those still running when the timeout was over. */
export async function stopWorkers(
  options: StopOptions,
): Promise<{ readonly stopped: readonly string[]; readonly left: readonly string[] }> {
  const home = openHome(homePath(options.home))
  const alive = holders(home).filter((holder) => holder.kind === 'worker' && holder.life === 'alive')
  for (const { card } of alive) {
    // Once: a draining worker takes a second SIGTERM as `force`.
    if (card && isRunning(card)) process.kill(card.pid, SIGNAL[options.mode])
  }
  const waits = await Promise.all(
    alive.map(async (worker) => ({ name: worker.name, isGone: await goneWithin(worker, options.timeout) })),
  )
  return {
    stopped: waits.filter((wait) => wait.isGone).map((wait) => wait.name),
    left: waits.filter((wait) => !wait.isGone).map((wait) => wait.name),
  }
}

/** Resolves true as soon as a worker's process has ended, false when it has not after `seconds`. */
async function goneWithin(worker: Holder, seconds: number | undefined): Promise<boolean> {
  const fd = openReadEndIfThere(join(worker.dir, 'alive'))
  if (fd === undefined) return true
  let ended: () => void = () => {}
  const gone = new Promise<void>((resolve) => {
    ended = resolve
  })
  const socket = onReleased(fd, ended)
  const timer = new AbortController()
  try {
    const isGone = gone.then(() => true)
    if (seconds !== undefined && !(await Promise.race([isGone, sleep(seconds * 1000, timer.signal).then(() => false)])))
      return false
    await gone
    // The worker releases its FIFO some milliseconds before its process ends.
    while (worker.card && isRunning(worker.card)) await sleep(2)
    return true
  } finally {
    timer.abort()
    socket.destroy()
  }
}
