/** Finds leases that are not renewed any more while this process watches them, by its own monotonic clock. */
import { monotonicMs } from '../clock.ts'

/** A lease that is not renewed for this many renewals is over. */
export const RENEWALS = 3

export class LeaseWatch {
  readonly #now: () => number
  readonly #watched = new Map<string, { stamp: string; until: number }>()

  /** @param now milliseconds on a clock that never jumps */
  constructor(now: () => number = monotonicMs) {
    this.#now = now
  }

  /**
   * Has a holder's lease stayed the same for three renewals, each time it was looked at?
   * @param stamp changes with each renewal
   * @param renewMs how often it is renewed
   */
  isOver(name: string, stamp: string, renewMs: number): boolean {
    const known = this.#watched.get(name)
    if (known?.stamp === stamp) return this.#now() >= known.until
    this.#watched.set(name, { stamp, until: this.#now() + RENEWALS * renewMs })
    return false
  }

  /** Forgets the holders that are not in this list. */
  keep(names: readonly string[]): void {
    for (const name of this.#watched.keys()) if (!names.includes(name)) this.#watched.delete(name)
  }

  /** When the next watch will be over, on the same clock; Infinity without one. */
  get next(): number {
    const ahead = [...this.#watched.values()].map(({ until }) => until).filter((until) => until > this.#now())
    return Math.min(Number.POSITIVE_INFINITY, ...ahead)
  }
}
