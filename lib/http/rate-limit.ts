/** Limits requests by client address and the number of open event streams. */
import { monotonicMs } from '../clock.ts'
import { HttpError } from './problem.ts'

/** A token bucket: its size, and the requests per second that refill it. */
interface Rate {
  readonly burst: number
  readonly perSecond: number
}

export const RATES = {
  reading: { burst: 600, perSecond: 100 },
  changing: { burst: 120, perSecond: 20 },
  /** Wrong tokens and sign-in links. */
  failing: { burst: 10, perSecond: 0.1 },
} as const satisfies Record<string, Rate>

/** Open event streams of all clients together. */
export const MAX_STREAMS = 200

/** Searches through output that run at once. */
export const MAX_SEARCHES = 4

/** Buckets that are kept; the least recently used is dropped first. */
const MAX_ADDRESSES = 10_000

export class RateLimits {
  readonly #spent = new Map<string, { tokens: number; at: number }>()
  #streams = 0
  #searches = 0

  /** Counts one request. @throws HttpError 429 */
  count(kind: 'reading' | 'changing', address: string): void {
    if (!this.#take(kind, address))
      throw new HttpError(429, 'too many requests', 'try again in a moment', { 'Retry-After': '1' })
  }

  /**
   * Counts a wrong token or link. Called only after the comparison: behind a proxy all clients have one address, and the
   * guesses of one must not keep out another that has the right token. @throws HttpError 429
   */
  countFailure(address: string): void {
    if (!this.#take('failing', address))
      throw new HttpError(429, 'too many attempts', 'try again later', { 'Retry-After': '10' })
  }

  #take(kind: keyof typeof RATES, address: string): boolean {
    const { burst, perSecond } = RATES[kind]
    const key = `${kind} ${address}`
    const now = monotonicMs()
    const known = this.#spent.get(key) ?? { tokens: burst, at: now }
    const tokens = Math.min(burst, known.tokens + ((now - known.at) / 1000) * perSecond)
    const isEnough = tokens >= 1
    this.#spent.delete(key)
    this.#spent.set(key, { tokens: isEnough ? tokens - 1 : tokens, at: now })
    for (const [oldest] of this.#spent) {
      if (this.#spent.size <= MAX_ADDRESSES) break
      this.#spent.delete(oldest)
    }
    return isEnough
  }

  /** Counts a search until the returned function is called. @throws HttpError 429 */
  openSearch(): () => void {
    if (this.#searches >= MAX_SEARCHES)
      throw new HttpError(429, `${MAX_SEARCHES} searches are running`, 'try again in a moment', { 'Retry-After': '1' })
    this.#searches++
    return () => {
      this.#searches--
    }
  }

  /** Counts an open stream until the returned function is called. @throws HttpError 429 */
  openStream(): () => void {
    if (this.#streams >= MAX_STREAMS)
      throw new HttpError(429, `all ${MAX_STREAMS} event streams are in use`, 'close a page that shows this queue')
    this.#streams++
    let isOpen = true
    return () => {
      if (isOpen) this.#streams--
      isOpen = false
    }
  }
}
