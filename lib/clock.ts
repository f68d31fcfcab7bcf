/**
 * The only place where time and chance enter, so that everything else can be given them.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { uptime } from 'node:os'

/** Milliseconds on a clock that never jumps; only differences mean anything. */
// Not `performance.now`: its module is loaded at first use, a millisecond of each start.
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** Seconds since this machine booted, by a clock that never jumps and that every process reads alike. */
export const bootSeconds = (): number => uptime()

/** Now in milliseconds since the epoch (wall clock: may jump). */
export const nowMs = (): number => Date.now()

/** What the wall clock is ahead of the monotonic one, in microseconds; taken anew when the wall clock was set. */
let ahead = Number.NaN
let last = 0

/**
 * Now in microseconds since the epoch, strictly increasing within this process: two names made here never tie,
 * so jobs of one batch keep their order.
 */
export function nowMicros(): number {
  const wall = Date.now() * 1000
  const monotonic = Math.floor(monotonicMs() * 1000)
  const drift = monotonic + ahead - wall
  // The wall clock tells whole milliseconds: being up to one behind ourselves is no drift.
  if (!(drift >= 0 && drift < 2000)) ahead = wall - monotonic
  const micros = monotonic + ahead
  last = micros > last || micros < last - 1_000_000 ? micros : last + 1
  return last
}

let pool = Buffer.alloc(0)

/** Random bytes. From the device, because `node:crypto` takes 2 ms to load, a tenth of a start. */
export function randomBytes(length: number): Buffer {
  if (pool.length < length) {
    const fd = openSync('/dev/urandom', 'r')
    try {
      pool = Buffer.alloc(Math.max(256, length))
      readSync(fd, pool, 0, pool.length, null)
    } finally {
      closeSync(fd)
    }
  }
  const bytes = pool.subarray(0, length)
  pool = pool.subarray(length)
  return bytes
}

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
