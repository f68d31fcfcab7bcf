/** How much one may ask of the server: so often, so many streams at once, so long a body. */
import type { Context } from 'hono'
import { monotonicMs } from '../clock.ts'
import { Refusal } from './problem.ts'

/** So many requests of a kind at once, and so many each second after that. */
interface Rate {
  readonly burst: number
  readonly perSecond: number
}

export const RATES = {
  reading: { burst: 600, perSecond: 100 },
  changing: { burst: 120, perSecond: 20 },
  /** Tokens and links that were wrong. */
  failing: { burst: 10, perSecond: 0.1 },
} as const satisfies Record<string, Rate>

/** Streams that may be open at once, of all clients together. */
export const MOST_STREAMS = 200
/** A body may have so many bytes: a job has a mebibyte, ten thousand ids have a little more. */
export const MOST_BYTES = 2 * 1024 * 1024
/** Addresses that are remembered. */
const ADDRESSES = 10_000

export class Limits {
  readonly #spent = new Map<string, { tokens: number; at: number }>()
  #streams = 0

  /** Counts one request. @throws Refusal 429 */
  count(kind: keyof typeof RATES, address: string): void {
    if (!this.#take(kind, address, 1))
      throw new Refusal(429, 'too many requests', 'try again in a moment', { 'Retry-After': '1' })
  }

  /** Have there been too many of these already? @throws Refusal 429 */
  refuseSpent(kind: keyof typeof RATES, address: string): void {
    if (!this.#take(kind, address, 0))
      throw new Refusal(429, 'too many attempts', 'try again later', { 'Retry-After': '10' })
  }

  #take(kind: keyof typeof RATES, address: string, cost: number): boolean {
    const { burst, perSecond } = RATES[kind]
    const key = `${kind} ${address}`
    const now = monotonicMs()
    const known = this.#spent.get(key) ?? { tokens: burst, at: now }
    const tokens = Math.min(burst, known.tokens + ((now - known.at) / 1000) * perSecond)
    const isEnough = tokens >= 1
    this.#spent.delete(key)
    this.#spent.set(key, { tokens: isEnough ? tokens - cost : tokens, at: now })
    for (const [oldest] of this.#spent) {
      if (this.#spent.size <= ADDRESSES) break
      this.#spent.delete(oldest)
    }
    return isEnough
  }

  /** Counts a stream. The result ends it. @throws Refusal 429 */
  openStream(): () => void {
    if (this.#streams >= MOST_STREAMS)
      throw new Refusal(429, `there are ${MOST_STREAMS} streams already`, 'close a page that shows this queue')
    this.#streams++
    let isOpen = true
    return () => {
      if (isOpen) this.#streams--
      isOpen = false
    }
  }
}

/** The body of a request as JSON: one object. @throws Refusal 400, 413 */
export async function bodyOf(c: Context): Promise<Record<string, unknown>> {
  const tooLarge = new Refusal(413, `the body is larger than ${MOST_BYTES} bytes`)
  if (Number(c.req.header('content-length') ?? 0) > MOST_BYTES) throw tooLarge
  const blocks: Uint8Array[] = []
  let size = 0
  for await (const block of c.req.raw.body ?? []) {
    size += block.length
    if (size > MOST_BYTES) throw tooLarge
    blocks.push(block)
  }
  const text = Buffer.concat(blocks).toString('utf8')
  if (text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Refusal(400, `the body is not JSON: ${(error as Error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal(400, 'the body is not one JSON object')
  return value as Record<string, unknown>
}
