/**
 * Checks the token and what stands in for it: a cookie for browsers, and one sign-in link that works once. Sessions are
 * not stored: a cookie is an expiry date signed with the token, so every server with the same token accepts it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { nowMs, randomHex } from '../clock.ts'

/** How long (s) a session lasts. */
const SESSION_S = 12 * 3600
/** How long (ms) a sign-in link is valid. */
const LINK_MS = 600_000

export class Tokens {
  readonly #token: string
  #link: { readonly code: string; readonly until: number } | undefined

  constructor(token: string) {
    this.#token = token
  }

  isToken(given: string): boolean {
    return isSame(this.#sign(`token ${given}`), this.#sign(`token ${this.#token}`))
  }

  /** A new session cookie and its lifetime. */
  cookie(): { readonly value: string; readonly seconds: number } {
    const until = String(Math.floor(nowMs() / 1000) + SESSION_S)
    return { value: `${until}.${this.#sign(`session ${until}`)}`, seconds: SESSION_S }
  }

  isCookie(given: string): boolean {
    const [until = '', signature = ''] = given.split('.')
    const isRight = isSame(signature, this.#sign(`session ${until}`))
    return isRight && Number(until) * 1000 > nowMs()
  }

  /** The code of a new sign-in link; the previous one becomes invalid. */
  makeLink(): string {
    this.#link = { code: randomHex(32), until: nowMs() + LINK_MS }
    return this.#link.code
  }

  /** Whether the code is valid; true only the first time. */
  redeemLink(code: string): boolean {
    const link = this.#link
    if (!link || link.until < nowMs() || !isSame(this.#sign(code), this.#sign(link.code))) return false
    this.#link = undefined
    return true
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#token).update(text).digest('hex')
  }
}

/** Compares in constant time, so that timing reveals nothing about a signature. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
