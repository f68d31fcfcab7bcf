/** How busy this machine is. */
import { freemem, loadavg } from 'node:os'

export interface MachineState {
  /** The mean number of processes that ran or wanted to during the last minute. */
  readonly load: number
  /** Bytes that can still be used, within the limit of our cgroup if there is one. */
  readonly freeMemory: number
}

export function machineState(): MachineState {
  // Not in every Node 20.
  const available = (process as { availableMemory?: () => number }).availableMemory?.()
  return { load: loadavg()[0] ?? 0, freeMemory: Math.min(available ?? Number.POSITIVE_INFINITY, freemem()) }
}
