/** Runs a worker in the process of a program that imports the library. */
import { readConfig } from '../config/file.ts'
import { explained, QueueError } from '../errors.ts'
import { takesOf } from '../job/takes.ts'
import type { WorkerLimits } from '../spool/holders.ts'
import type { Home } from '../spool/layout.ts'
import type { StopMode } from '../spool/stop-message.ts'
import { Worker } from './worker.ts'

/** As for `worker start --count`. */
const MOST_SLOTS = 1000

export interface InProcessOptions {
  /** How many jobs it runs at a time. Default: 1. */
  readonly slots?: number
  /** Only jobs of these queues. */
  readonly queues?: readonly string[]
  /** No jobs of these queues. */
  readonly not_queues?: readonly string[]
  /** Stop when no work is left. */
  readonly burst?: boolean
  readonly limits?: WorkerLimits
  /** When it is aborted the worker claims no more and ends once its runs have. */
  readonly signal?: AbortSignal
  /** Gets the lines of its log. */
  readonly log?: (line: string) => void
}

/** A worker in this process. Its jobs are processes of their own, which survive this one. */
export interface InProcessWorker extends AsyncDisposable {
  readonly name: string
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
  /**
   * Stops it and waits for its end.
   * @param mode `drain`: finish the runs (default). `leave`: the runs go on, for another worker. `force`: end them, and give the jobs back
   */
  stop(mode?: StopMode): Promise<void>
}

/** Starts a worker; resolves when it is up. @throws QueueError when it cannot start */
export async function startInProcess(home: Home, options: InProcessOptions = {}): Promise<InProcessWorker> {
  const { slots = 1, burst = false, limits, signal, log = () => {} } = options
  if (!Number.isInteger(slots) || slots < 1 || slots > MOST_SLOTS)
    throw new QueueError(
      'USAGE',
      `cannot start a worker: slots is a whole number from 1 to ${MOST_SLOTS}, not ${String(slots)}`,
    )
  readConfig(home)
  let isUp = (_name: string): void => {}
  const up = new Promise<string>((resolve) => (isUp = resolve))
  const worker = new Worker(home.root, {
    slots,
    burst,
    takes: takesOf(options),
    ...(limits ? { limits } : {}),
    log: (lines) => log(lines.replace(/\n$/, '')),
    ready: (holder) => isUp(holder.name),
  })
  const ended = worker.run()
  const stop = async (mode: StopMode = 'drain'): Promise<void> => {
    worker[mode]()
    await ended
  }
  const onAbort = (): void => worker.drain()
  if (signal?.aborted) worker.drain()
  signal?.addEventListener('abort', onAbort, { once: true })
  const forget = (): void => signal?.removeEventListener('abort', onAbort)
  ended.then(forget, forget)
  const failed = ended.then(() => undefined)
  try {
    const name = await Promise.race([up, failed])
    return { name: name ?? '', ended, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    throw explained(error, 'start a worker')
  }
}
