/**
 * What a worker was told to keep to (`worker start --max-load` and others): when it may claim, and when it has done enough.
 * What runs is left alone. The machine is asked once a second at most, and only if there is a limit for it.
 */
import { monotonicMs } from '../clock.ts'
import { type MachineState, machineState } from '../disk/machine-state.ts'
import type { WorkerLimits } from '../spool/holders.ts'

/** How often the machine is asked (ms). */
const ASK_EVERY_MS = 1000

interface LimitsHost {
  log(line: string): void
  /** Called when it is known why nothing may be claimed now; undefined: it may. */
  note(why: string | undefined): void
  readonly now?: () => number
  readonly measure?: () => MachineState
}

/** Why nothing may be claimed on such a machine; undefined: it may. Without what was measured, which changes all the time. */
export function whyHeldBack({ max_load, min_free_mem }: WorkerLimits, machine: MachineState): string | undefined {
  if (max_load !== undefined && machine.load > max_load) return `the load of the machine is over ${max_load}`
  if (min_free_mem !== undefined && machine.freeMemory < min_free_mem)
    return `less than ${mib(min_free_mem)} of memory is free`
  return undefined
}

const mib = (bytes: number): string => `${Math.floor(bytes / 1_048_576)} MiB`

export class Limits {
  readonly #limits: WorkerLimits
  readonly #host: LimitsHost
  readonly #now: () => number
  #why: string | undefined
  #askAt = 0
  #idleSince: number | undefined

  constructor(limits: WorkerLimits, host: LimitsHost) {
    this.#limits = limits
    this.#host = host
    this.#now = host.now ?? monotonicMs
  }

  /** May another job be claimed? @param taken tells how many it has run, or is about to */
  mayClaim(taken: () => number): boolean {
    const { max_jobs } = this.#limits
    return (max_jobs === undefined || taken() < max_jobs) && this.#whyHeldBack() === undefined
  }

  /** Has it run all that it was to run? */
  isDone(runs: number): boolean {
    return runs >= (this.#limits.max_jobs ?? Number.POSITIVE_INFINITY)
  }

  /** Has it had nothing to do for as long as it was to wait? Called in every round. */
  isIdleTooLong(isIdle: boolean): boolean {
    if (this.#limits.idle_exit === undefined) return false
    this.#idleSince = isIdle ? (this.#idleSince ?? this.#now()) : undefined
    return this.#idleSince !== undefined && this.#now() >= this.#idleEnd
  }

  /** When a round is wanted at the latest, on the monotonic clock. */
  get next(): number {
    return Math.min(this.#why === undefined ? Number.POSITIVE_INFINITY : this.#askAt, this.#idleEnd)
  }

  get #idleEnd(): number {
    const { idle_exit = Number.POSITIVE_INFINITY } = this.#limits
    return (this.#idleSince ?? Number.POSITIVE_INFINITY) + idle_exit * 1000
  }

  #whyHeldBack(): string | undefined {
    const { max_load, min_free_mem } = this.#limits
    if (max_load === undefined && min_free_mem === undefined) return undefined
    if (this.#now() < this.#askAt) return this.#why
    this.#askAt = this.#now() + ASK_EVERY_MS
    const before = this.#why
    const machine = (this.#host.measure ?? machineState)()
    this.#why = whyHeldBack(this.#limits, machine)
    const measured = `load ${machine.load.toFixed(2)}, ${mib(machine.freeMemory)} free`
    if (this.#why !== undefined && before === undefined) this.#host.log(`not claiming jobs: ${this.#why} (${measured})`)
    if (this.#why === undefined && before !== undefined) this.#host.log(`claiming jobs again (${measured})`)
    this.#host.note(this.#why)
    return this.#why
  }
}
