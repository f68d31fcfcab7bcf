/** Keeps which rates let no job start for now, and until when. */
import { monotonicMs } from '../clock.ts'
import type { Rate } from '../job/queue-settings.ts'
import type { Home } from '../spool/layout.ts'
import { untilRate, useRate } from '../spool/rates.ts'
import type { Troubles } from './containment.ts'

/** When a rate that could not be looked at is thought of again (ms). */
const UNSEEN_MS = 1000

export class Rates {
  readonly #home: Home
  readonly #troubles: Pick<Troubles, 'attempt' | 'forget'>
  readonly #ratesOf: (queue: string) => readonly Rate[]
  /** By the name of the rate, on the monotonic clock. */
  readonly #until = new Map<string, number>()

  constructor(home: Home, troubles: Pick<Troubles, 'attempt' | 'forget'>, ratesOf: (queue: string) => readonly Rate[]) {
    this.#home = home
    this.#troubles = troubles
    this.#ratesOf = ratesOf
  }

  /** Does a rate of this queue let no job start now, as far as we know? */
  readonly mustWait = (queue: string): boolean =>
    this.#until.size > 0 && this.#ratesOf(queue).some(({ name }) => (this.#until.get(name) ?? 0) > monotonicMs())

  /** When the next of them lets one start. */
  get next(): number {
    const now = monotonicMs()
    let next = Number.POSITIVE_INFINITY
    for (const [name, until] of this.#until) {
      next = Math.min(next, until)
      // Over since the round looked: it is worth one more round, and then forgotten.
      if (until <= now) this.#until.delete(name)
    }
    return next
  }

  /** The settings may have changed. */
  lookAgain(): void {
    this.#until.clear()
  }

  /** Does each of these rates let a job start, as far as a look tells? One that cannot be looked at lets none. */
  areOpen(rates: readonly Rate[]): boolean {
    let isOpen = true
    for (const rate of rates) {
      const wait = this.#try(rate, () => untilRate(this.#home, rate)) ?? UNSEEN_MS
      if (wait === 0) continue
      this.#until.set(rate.name, monotonicMs() + wait)
      isOpen = false
    }
    return isOpen
  }

  /** Uses one start of each. False: one had none after all; what is used by then is spent. */
  use(rates: readonly Rate[]): boolean {
    const closed = rates.find((rate) => !this.#try(rate, () => useRate(this.#home, rate)))
    if (closed) this.areOpen([closed])
    else for (const { name } of rates) this.#troubles.forget(`rates/${name}`)
    return closed === undefined
  }

  /** Does something with a rate, unless it is left alone now. A failure is about this rate: other queues go on. */
  #try<T>({ name }: Rate, act: () => T): T | undefined {
    return this.#troubles.attempt(`rates/${name}`, `use the rate ${name}`, act)
  }
}
