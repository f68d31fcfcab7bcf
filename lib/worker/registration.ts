/** Registers a worker in a home: its directory in `processing/`, its log, its shells and the FIFOs for its runs. */
import { nowMs } from '../clock.ts'
import type { Takes } from '../job/takes.ts'
import { joinWorkers, type OwnHolder, renewMsOf, type WorkerCard } from '../spool/holders.ts'
import type { Home } from '../spool/layout.ts'
import { beginRenewals, keepLease, renew } from '../disk/lease.ts'
import { hasIdentityChanged } from '../disk/process.ts'
import { Log } from './log.ts'
import { ShellPool } from '../run/shell.ts'
import { discardFifos, FifoPool } from '../run/fifo-pool.ts'

export class Registration {
  readonly holder: OwnHolder
  readonly fifos: FifoPool
  readonly shells = new ShellPool()
  readonly log: Log
  readonly #home: Home
  #renewals: NodeJS.Timeout | undefined

  constructor(home: Home, slots: number, told: Takes & Pick<WorkerCard, 'limits'>) {
    this.#home = home
    this.holder = joinWorkers(home, slots, nowMs(), told)
    this.fifos = new FifoPool(home, this.holder.name)
    this.log = new Log(this.holder.card.log)
  }

  get name(): string {
    return this.holder.name
  }

  get dir(): string {
    return this.holder.dir
  }

  /** Renews the lease from now on. @param onChanged called when this process is another than the one that registered */
  keepLease(onChanged: () => void): Promise<void> {
    this.#renewals = setInterval(() => {
      if (hasIdentityChanged()) onChanged()
      // A person may have removed the file.
      else if (this.holder.isThere() && !renew(this.dir)) beginRenewals(this.dir)
    }, renewMsOf(this.holder)).unref()
    return keepLease(this.dir)
  }

  /** Lets go without touching a file: what is there belongs to the process that we were. */
  abandon(): void {
    clearInterval(this.#renewals)
    this.shells.close()
    this.holder.abandon()
  }

  /** Removes the registration. If the directory was renamed within `processing/`, it is a dead worker's from now on. */
  leave(): void {
    clearInterval(this.#renewals)
    this.shells.close()
    discardFifos(this.#home, this.name)
    try {
      this.holder.leave()
    } catch (error) {
      // It is a dead worker's directory from now on, for others to clear.
      this.log.write(`cannot clear ${this.dir}: ${String(error)}`)
    }
  }
}
