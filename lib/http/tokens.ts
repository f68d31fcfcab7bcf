/**
 * The token and what stands for it: a cookie for browsers, and one link that may be opened once. Nothing is kept: a
 * cookie is a date and a signature of it by the token, so every server with the same token takes it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { nowMs, randomHex } from '../clock.ts'

/** A person signs in again after so long (s). */
const SIGNED_IN_S = 12 * 3600
/** A link that nobody has opened for so long (ms) opens nothing any more. */
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

  /** The value of a cookie, and for how many seconds it holds. */
  cookie(): { readonly value: string; readonly seconds: number } {
    const until = String(Math.floor(nowMs() / 1000) + SIGNED_IN_S)
    return { value: `${until}.${this.#sign(`session ${until}`)}`, seconds: SIGNED_IN_S }
  }

  isCookie(given: string): boolean {
    const [until = '', signature = ''] = given.split('.')
    const isRight = isSame(signature, this.#sign(`session ${until}`))
    return isRight && Number(until) * 1000 > nowMs()
  }

  /** What a link carries; the one made before opens nothing any more. */
  makeLink(): string {
    this.#link = { code: randomHex(32), until: nowMs() + LINK_MS }
    return this.#link.code
  }

  /** Opens the link: true once. */
  openLink(code: string): boolean {
    const link = this.#link
    if (!link || link.until < nowMs() || !isSame(this.#sign(code), this.#sign(link.code))) return false
    this.#link = undefined
    return true
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#token).update(text).digest('hex')
  }
}

/** Compared in a time that tells nothing about where they differ: both are signatures, or refused by their length. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
