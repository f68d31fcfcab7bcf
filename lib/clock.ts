/**
 * The only place where time and chance enter, so that everything else can be given them.
 */
import { randomBytes } from 'node:crypto'

let last = 0

/**
 * Now in microseconds since the epoch, strictly increasing within this process: two names made here never tie,
 * so jobs of one batch keep their order.
 */
export function nowMicros(): number {
  const micros = Date.now() * 1000 + Math.floor((performance.now() * 1000) % 1000)
  last = micros > last || micros < last - 1_000_000 ? micros : last + 1
  return last
}

/** Now in milliseconds since the epoch (wall clock: may jump). */
export const nowMs = (): number => Date.now()

/** Milliseconds on a clock that never jumps; only differences mean anything. */
export const monotonicMs = (): number => performance.now()

/** `length` random lower-case hex digits. */
export const randomHex = (length: number): string =>
  randomBytes(Math.ceil(length / 2))
    .toString('hex')
    .slice(0, length)

/** A random number in [0, 1), for jitter. */
export const chance = (): number => Math.random()

/** Resolves after `ms`, or as soon as `cut` is aborted. */
export function sleep(ms: number, cut?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer)
      cut?.removeEventListener('abort', end)
      done()
    }
    const timer = setTimeout(end, ms)
    cut?.addEventListener('abort', end)
  })
}
