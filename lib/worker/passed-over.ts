/**
 * Entries that a worker leaves alone for a while because they cannot be handled now. The pause doubles each time, so
 * that one bad entry costs the others nothing. The entry stays where it is.
 */
import { monotonicMs } from '../clock.ts'

const SHORTEST_MS = 1000
const LONGEST_MS = 300_000

interface Entry {
  until: number
  pause: number
  why: string
}

export class PassedOver {
  readonly #entries = new Map<string, Entry>()
  readonly #now: () => number

  /** @param now milliseconds on a clock that never jumps */
  constructor(now: () => number = monotonicMs) {
    this.#now = now
  }

  /** Leaves an entry alone from now on. @returns for how long (ms), and whether this reason is new */
  add(name: string, why: string): { readonly pause: number; readonly isNew: boolean } {
    const known = this.#entries.get(name)
    const pause = known ? Math.min(LONGEST_MS, known.pause * 2) : SHORTEST_MS
    this.#entries.set(name, { until: this.#now() + pause, pause, why })
    return { pause, isNew: known?.why !== why }
  }

  /** Is it to be left alone now? */
  has(name: string): boolean {
    return (this.#entries.get(name)?.until ?? 0) > this.#now()
  }

  /** Its last pause (ms); 0 when there is none. */
  pauseOf(name: string): number {
    return this.#entries.get(name)?.pause ?? 0
  }

  /** It was handled, or is gone. */
  forget(name: string): void {
    this.#entries.delete(name)
  }

  /** The same entry under another name. */
  rename(from: string, to: string): void {
    const entry = this.#entries.get(from)
    if (entry && this.#entries.delete(from)) this.#entries.set(to, entry)
  }

  /** When the first pause is over, on the same clock; Infinity without entries. */
  get next(): number {
    const ahead = [...this.#entries.values()].map(({ until }) => until).filter((until) => until > this.#now())
    return Math.min(Number.POSITIVE_INFINITY, ...ahead)
  }

  /** Those whose pause is over and that were not looked at since. */
  due(): string[] {
    return [...this.#entries].filter(([, { until }]) => until <= this.#now()).map(([name]) => name)
  }

  /** All, with the last reason. */
  get all(): { readonly name: string; readonly why: string }[] {
    return [...this.#entries].map(([name, { why }]) => ({ name, why }))
  }
}
