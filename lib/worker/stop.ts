/**
 * Stops workers, from any terminal and pid namespace: sends each a message or, to one of an older version, a signal, and
 * waits until it is gone. A worker that can get neither, or does not answer, is named.
 */
import { join } from 'node:path'
import { monotonicMs, sleep } from '../clock.ts'
import { type Holder, holderOf, holders, renewalOf, renewMsOf } from '../spool/holders.ts'
import { type Home, openHomeIfMade } from '../spool/layout.ts'
import { LeaseWatch } from '../spool/lease-watch.ts'
import { silentSince } from '../spool/silence.ts'
import { sendStop, type StopMode } from '../spool/stop-message.ts'
import { onReleased, openReadEndIfThere } from '../disk/fifo.ts'
import { homePath } from '../config/env.ts'
import { errno, QueueError } from '../errors.ts'
import { isRunning, isSameNamespace, ownIdentity } from '../disk/process.ts'

export interface StopOptions {
  readonly home: string
  readonly mode: StopMode
  /** Only these; default: all. */
  readonly names?: readonly string[]
  /** Seconds to wait; undefined: without limit. */
  readonly timeout?: number
  /** Ends the waiting, not the stopping. */
  readonly signal?: AbortSignal
  /** Called once for each worker that does not answer while it is waited for. @param since milliseconds */
  readonly onSilent?: (name: string, since: number) => void
}

export interface StopResult {
  readonly stopped: readonly string[]
  /** Those still running when the timeout was over, or the waiting was ended. */
  readonly left: readonly string[]
  /** Those that could not be told, or did not answer from elsewhere. */
  readonly unreachable: readonly string[]
}

const SIGNAL = { drain: 'SIGTERM', leave: 'SIGUSR2', force: 'SIGQUIT' } as const

/** Stops workers of a home and waits for their end. @throws QueueError NOT_FOUND when none is called so */
export async function stopWorkers(options: StopOptions): Promise<StopResult> {
  const home = openHomeIfMade(homePath(options.home))
  const all = holders(home).filter(({ kind, life }) => kind === 'worker' && life !== 'dead')
  const { names = all.map(({ name }) => name) } = options
  for (const name of names)
    if (!all.some((one) => one.name === name))
      throw new QueueError('NOT_FOUND', `cannot stop ${name}: no such worker is alive`, 'see queuectl worker list')
  const workers = all.filter(({ name }) => names.includes(name))
  const told = workers.map((worker) => ({ worker, isTold: tell(home, worker, options.mode) }))
  const ends = await Promise.all(
    told.map(async ({ worker, isTold }) => ({
      name: worker.name,
      end: isTold ? await endOf(home, worker, options) : ('unreachable' as const),
    })),
  )
  const those = (end: WorkerEnd): string[] => ends.filter((one) => one.end === end).map(({ name }) => name)
  return { stopped: those('stopped'), left: those('left'), unreachable: those('unreachable') }
}

/** False: it can be told in no way. */
function tell(home: Home, { dir, card, life }: Holder, mode: StopMode): boolean {
  if (card?.hears?.includes('stop')) {
    // Where its directory is gone it is stopping already.
    sendStop(home, dir, mode)
    return true
  }
  if (card === undefined || life !== 'alive' || !isSameNamespace(card, ownIdentity())) return false
  // Once: a draining worker takes a second SIGTERM as `force`.
  if (isRunning(card)) sendSignal(card.pid, SIGNAL[mode])
  return true
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // It has ended since it was looked at.
    if (errno(error) !== 'ESRCH') throw error
  }
}

const hasProcessHere = ({ card }: Holder): boolean =>
  card !== undefined && isSameNamespace(card, ownIdentity()) && isRunning(card)

type WorkerEnd = 'stopped' | 'left' | 'unreachable'

/** How often (ms) to look at a worker of which no FIFO reports the end, and for how long it has not answered. */
const LOOK_EVERY_MS = 250

async function endOf(home: Home, worker: Holder, { timeout, onSilent, signal }: StopOptions): Promise<WorkerEnd> {
  const until = timeout === undefined ? Number.POSITIVE_INFINITY : monotonicMs() + timeout * 1000
  const fd = worker.life === 'alive' ? openReadEndIfThere(join(worker.dir, 'alive')) : undefined
  const released = new AbortController()
  const socket = fd === undefined ? undefined : onReleased(fd, () => released.abort())
  const either = signal ? AbortSignal.any([signal, released.signal]) : released.signal
  const watch = new LeaseWatch()
  let isSaid = false
  try {
    for (;;) {
      const now = holderOf(home, worker.name)
      if (released.signal.aborted || (fd === undefined && (now === undefined || now.life === 'dead'))) break
      if (monotonicMs() >= until || signal?.aborted) return 'left'
      if (now?.life === 'elsewhere' && watch.isOver(now.name, renewalOf(now).stamp, renewMsOf(now)))
        return 'unreachable'
      const since = now && silentSince(now)
      if (since !== undefined && !isSaid) {
        isSaid = true
        onSilent?.(worker.name, since)
      }
      await sleep(Math.min(LOOK_EVERY_MS, until - monotonicMs()), either)
    }
    // The worker releases its FIFO some milliseconds before its process ends.
    while (hasProcessHere(worker)) await sleep(2)
    return 'stopped'
  } finally {
    socket?.destroy()
  }
}
