/**
 * Stops workers, from any terminal.
 *
 * A worker is told to stop by a signal to the process that its card names (pid and start time, so never to another
 * one), and is seen to be gone by its FIFO.
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
  /** `drain`: finish what runs. `leave`: go now, jobs run on and are adopted. `force`: end the jobs, give them back. */
  readonly mode: 'drain' | 'leave' | 'force'
  /** Seconds to wait; undefined: until they are gone. */
  readonly timeout?: number
}

const SIGNAL = { drain: 'SIGTERM', leave: 'SIGUSR2', force: 'SIGQUIT' } as const

/** Tells all workers of a home to stop and waits. `left` are those still there when the time was up. */
export async function stopWorkers(
  options: StopOptions,
): Promise<{ readonly stopped: readonly string[]; readonly left: readonly string[] }> {
  const home = openHome(homePath(options.home))
  const alive = holders(home).filter((holder) => holder.kind === 'worker' && holder.life === 'alive')
  for (const { card } of alive) {
    // A draining worker takes a second SIGTERM for impatience: ask in the way that was asked for, once.
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

/** Resolves true at the moment a worker's process ends, false when `seconds` pass before. */
async function goneWithin(worker: Holder, seconds: number | undefined): Promise<boolean> {
  const fd = openReadEndIfThere(join(worker.dir, 'alive'))
  if (fd === undefined) return true
  let ended: () => void = () => {}
  const gone = new Promise<void>((resolve) => {
    ended = resolve
  })
  const socket = onReleased(fd, ended)
  const cut = new AbortController()
  try {
    const isGone = gone.then(() => true)
    if (seconds !== undefined && !(await Promise.race([isGone, sleep(seconds * 1000, cut.signal).then(() => false)])))
      return false
    await gone
    // It gives its directory up before it ends: some milliseconds more, and the process is gone as well.
    while (worker.card && isRunning(worker.card)) await sleep(2)
    return true
  } finally {
    cut.abort()
    socket.destroy()
  }
}
