/**
 * Keeps a worker registered in its home: checks that the home and the worker's directory exist, and registers again
 * when only that directory was removed.
 */
import { type Home, openHome } from '../spool/layout.ts'
import type { WakeupListener } from '../spool/wakeup.ts'
import { HomeWatch } from './home-watch.ts'
import { Registration } from './registration.ts'
import { Wakeups } from './wakeups.ts'
import type { WorkerOptions } from './worker.ts'

interface MembershipHost {
  readonly options: Pick<WorkerOptions, 'slots' | 'takes' | 'limits'>
  readonly listener: WakeupListener
  /** Called when the worker's directory was removed, which revokes its claims. */
  onRevoked(): void
  /** Called when this process is another than the one that registered: another may do its runs as well. */
  onChanged(): void
  /** Called when the worker is registered again, with its new name. */
  onRegistered(name: string): void
}

/** `changing`: a directory of the home is missing, and it is not clear yet whether the home is being removed. */
type MembershipState = 'registered' | 'changing' | 'homeless'

export class Membership {
  readonly #home: Home
  readonly #host: MembershipHost
  readonly #homeWatch: HomeWatch
  readonly #wakeups: Wakeups
  #registration: Registration
  /** Our boot id or pid namespace is another than when we registered. */
  #hasChanged = false

  /** Registers. The home must exist. */
  constructor(home: Home, host: MembershipHost) {
    this.#home = home
    this.#host = host
    this.#homeWatch = new HomeWatch(home)
    this.#wakeups = new Wakeups(home, host.listener)
    this.#registration = this.#register()
  }

  /** The current registration. */
  get registration(): Registration {
    return this.#registration
  }

  /** Starts watching for wake-ups, and renewing the lease. */
  async open(): Promise<void> {
    await this.#wakeups.open(this.#registration.dir)
    await this.#keepLease()
  }

  /** Stops watching for wake-ups. */
  close(): Promise<void> {
    return this.#wakeups.close()
  }

  /** Checks home and directory, and repairs what is missing once it is clear that the home is not being removed. */
  async check(): Promise<MembershipState> {
    const isRegistered = !this.#hasChanged && this.#registration.holder.isThere()
    const homeState = this.#homeWatch.check(isRegistered)
    if (homeState === 'changing') return 'changing'
    const mustWatchAnew = this.#wakeups.areOutdated()
    if (homeState === 'same' && !mustWatchAnew) return 'registered'
    if (homeState === 'gone') return 'homeless'
    if (!isRegistered) await this.#registerAgain()
    else {
      // If we die here: some of the directories exist; the next command or worker makes the others.
      if (homeState === 'damaged') openHome(this.#home.root)
      if (mustWatchAnew) await this.#wakeups.open(this.#registration.dir)
    }
    return 'registered'
  }

  #keepLease(): Promise<void> {
    return this.#registration.keepLease(() => {
      this.#hasChanged = true
      this.#host.onChanged()
    })
  }

  async #registerAgain(): Promise<void> {
    openHome(this.#home.root)
    if (this.#hasChanged) this.#registration.abandon()
    else {
      this.#host.onRevoked()
      this.#registration.leave()
    }
    this.#hasChanged = false
    this.#registration = this.#register()
    await this.#keepLease()
    this.#host.onRegistered(this.#registration.name)
    await this.#wakeups.open(this.#registration.dir)
  }

  #register(): Registration {
    const { slots, takes, limits } = this.#host.options
    return new Registration(this.#home, slots, { ...takes, ...(limits ? { limits } : {}) })
  }
}
