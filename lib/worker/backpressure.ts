/**
 * Backs off when disk, memory, processes or descriptors run out: stops claiming for a growing pause, retries the writes
 * that must succeed.
 */
import { monotonicMs, sleep } from '../clock.ts'
import { failureKind } from '../disk/errno.ts'
import { exists, isFull } from '../disk/files.ts'
import { giveUpBallast, hasSpace, keepBallast } from '../disk/space.ts'
import { errno, QueueError } from '../errors.ts'
import { type Home, openHome } from '../spool/layout.ts'

const MIN_PAUSE_MS = 500
const MAX_PAUSE_MS = 30_000
/** How often the free space of a full disk is checked (ms). */
const SPACE_CHECK_MS = 1000
/** How long the ballast must be missing before it is made again (ms). */
const BALLAST_DELAY_MS = 5000

/** Not a bug: a resource is exhausted, or the message itself says what is wrong. */
const isExpected = (error: Error): boolean => error instanceof QueueError || failureKind(error) !== 'unknown'

export class Backpressure {
  readonly #home: Home
  readonly #log: (line: string) => void
  #pausedUntil = 0
  #pause = MIN_PAUSE_MS
  /** The disk was full at the last check. */
  #isFull = false
  #ballastSeenAt = Number.NEGATIVE_INFINITY

  constructor(home: Home, log: (line: string) => void) {
    this.#home = home
    this.#log = log
  }

  /** Nothing is claimed before this time, on the monotonic clock. */
  get pausedUntil(): number {
    return this.#pausedUntil
  }

  /** May a job be claimed now? Not during a pause, and not while the disk is full. */
  mayClaim(): boolean {
    const now = monotonicMs()
    if (now < this.#pausedUntil) return false
    if (!this.#isFull) return true
    if (hasSpace(this.#home) && keepBallast(this.#home)) {
      this.#isFull = false
      this.#log('the disk has free space again: claiming jobs')
      return true
    }
    this.#pausedUntil = now + SPACE_CHECK_MS
    return false
  }

  /** Pauses claiming after a failure and logs it; the log shows an unexpected error with its stack. */
  onFailure(doing: string, error: unknown): void {
    if (isFull(error)) return this.#onFull(doing)
    const now = monotonicMs()
    // Failures within one pause count once; after a time without failures the next pause is short again.
    if (now > this.#pausedUntil + MAX_PAUSE_MS) this.#pause = MIN_PAUSE_MS
    const why =
      error instanceof Error ? (isExpected(error) ? error.message : (error.stack ?? error.message)) : String(error)
    this.#log(`cannot ${doing}: ${why}; not claiming jobs for ${this.#pause} ms`)
    if (errno(error) === 'ENOENT') this.#restoreDirs()
    if (now < this.#pausedUntil) return
    this.#pausedUntil = now + this.#pause
    this.#pause = Math.min(MAX_PAUSE_MS, this.#pause * 2)
  }

  /** Repeats an action until it succeeds; each failure but that of a full disk is handed to `failed`. */
  async retryUntilDone<T>(doing: string, act: () => T | Promise<T>, failed: (error: unknown) => void): Promise<T> {
    for (let pause = 100; ; pause = Math.min(5000, pause * 2)) {
      try {
        return await act()
      } catch (error) {
        // On a full disk even a rename can fail: removing the ballast frees space to settle the jobs that run.
        if (isFull(error)) {
          giveUpBallast(this.#home)
          this.onFailure(doing, error)
        } else failed(error)
        await sleep(pause)
      }
    }
  }

  /** Makes directories of the home that were removed by hand, unless the whole home was. */
  #restoreDirs(): void {
    try {
      if (exists(this.#home.root)) openHome(this.#home.root)
    } catch (error) {
      this.#log(error instanceof Error ? error.message : String(error))
    }
  }

  /** Makes the ballast when it is missing. A disk without space for it counts as full. */
  keepBallast(): void {
    const now = monotonicMs()
    if (exists(this.#home.ballast)) {
      this.#ballastSeenAt = now
      return
    }
    // Not at once: the whole home may be in the middle of a removal, and a new file would make `rm -r` fail.
    if (now - this.#ballastSeenAt < BALLAST_DELAY_MS) return
    if (!keepBallast(this.#home)) this.#onFull('keep the ballast')
  }

  /** Stops claiming until the disk has space; logged once. */
  #onFull(doing: string): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, monotonicMs() + SPACE_CHECK_MS)
    if (this.#isFull) return
    this.#isFull = true
    this.#log(`cannot ${doing}: no space left on the device; not claiming jobs until the disk has free space`)
  }
}
