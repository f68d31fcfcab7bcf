/** Provides time and chance: no other file reads the clock, so that tests can control both. */
import { closeSync, openSync, readSync } from 'node:fs'
import { uptime } from 'node:os'

/** Milliseconds on a clock that never jumps; only differences have a meaning. */
// Not `performance.now`: its module is loaded at first use and takes a millisecond of each start.
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** Seconds since boot, on a clock that never jumps and is the same for all processes. */
export const bootSeconds = (): number => uptime()

let earliestBoot = Number.POSITIVE_INFINITY

/**
 * When this machine booted (ms since the epoch): the earliest answer that this process has had. So setting the wall clock
 * never makes something look older than the boot.
 */
export function bootedAt(): number {
  earliestBoot = Math.min(earliestBoot, Date.now() - bootSeconds() * 1000)
  return earliestBoot
}

/** Milliseconds since the epoch (wall clock: may jump). */
export const nowMs = (): number => Date.now()

/** Microseconds the wall clock is ahead of the monotonic one; measured again when the wall clock was set. */
let ahead = Number.NaN
let last = 0

/**
 * Microseconds since the epoch, strictly increasing within this process, so that the names of a batch of jobs keep
 * their order.
 */
export function nowMicros(): number {
  const wall = Date.now() * 1000
  const monotonic = Math.floor(monotonicMs() * 1000)
  const drift = monotonic + ahead - wall
  // The wall clock has whole milliseconds: up to 2 ms of difference is not a drift.
  if (!(drift >= 0 && drift < 2000)) ahead = wall - monotonic
  const micros = monotonic + ahead
  last = micros > last || micros < last - 1_000_000 ? micros : last + 1
  return last
}

let pool = Buffer.alloc(0)

/** Random bytes. From /dev/urandom, because loading `node:crypto` takes 2 ms, a tenth of a start. */
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

/** Resolves after `ms`, or when `signal` is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      done()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}
