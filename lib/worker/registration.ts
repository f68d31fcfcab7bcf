/** Registers a worker in a home: its directory in `processing/`, its log, its shells and the FIFOs for its runs. */
import { nowMs } from '../clock.ts'
import { joinWorkers, type OwnHolder } from '../spool/holders.ts'
import type { Home } from '../spool/layout.ts'
import { keepLease } from '../disk/lease.ts'
import { Log } from './log.ts'
import { ShellPool } from '../run/shell.ts'
import { discardFifos, FifoPool } from '../run/fifo-pool.ts'

export class Registration {
  readonly holder: OwnHolder
  readonly fifos: FifoPool
  readonly shells = new ShellPool()
  readonly log: Log
  readonly #home: Home

  constructor(home: Home, slots: number, only?: string) {
    this.#home = home
    this.holder = joinWorkers(home, slots, nowMs(), only)
    this.fifos = new FifoPool(home, this.holder.name)
    this.log = new Log(this.holder.card.log)
  }

  get name(): string {
    return this.holder.name
  }

  get dir(): string {
    return this.holder.dir
  }

  keepLease(): Promise<void> {
    return keepLease(this.dir)
  }

  /** Removes the registration. If the directory was renamed within `processing/`, it is a dead worker's from now on. */
  leave(): void {
    this.shells.close()
    discardFifos(this.#home, this.name)
    this.holder.leave()
  }
}
