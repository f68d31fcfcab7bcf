/**
 * What a worker does when the machine is out of something: it claims nothing for a while, longer each time, and does
 * what must be done as soon as it can be.
 */
import { monotonicMs, sleep } from '../clock.ts'
import { errno, QueueError } from '../errors.ts'
import { exists, isExhausted, isFull } from '../disk/files.ts'
import { type Home, openHome } from '../spool/layout.ts'
import { giveUpBallast, hasSpace, keepBallast } from '../disk/space.ts'

const SHORTEST = 500
const LONGEST = 30_000
/** How often a full disk is looked at (ms). */
const ROOM_EVERY = 1000
/** The ballast is made again when it has been gone for so long (ms). */
const BALLAST_AFTER = 5000

/** No bug of ours: the machine is out of something, or what stands in the way is said in one sentence. */
const isExpected = (error: Error): boolean => error instanceof QueueError || isExhausted(error)

export class Backpressure {
  readonly #home: Home
  readonly #log: (line: string) => void
  #pausedUntil = 0
  #pause = SHORTEST
  /** There was no room on the disk when last we looked. */
  #isFull = false
  #ballastSeen = Number.NEGATIVE_INFINITY

  constructor(home: Home, say: (line: string) => void) {
    this.#home = home
    this.#log = say
  }

  /** Nothing is claimed before this moment, on the monotonic clock. */
  get pausedUntil(): number {
    return this.#pausedUntil
  }

  /** May a job be claimed now? Not for a while after trouble, and not while the disk is full. */
  mayClaim(): boolean {
    const now = monotonicMs()
    if (now < this.#pausedUntil) return false
    if (!this.#isFull) return true
    if (hasSpace(this.#home) && keepBallast(this.#home)) {
      this.#isFull = false
      this.#log('there is room on the disk again: claiming')
      return true
    }
    this.#pausedUntil = now + ROOM_EVERY
    return false
  }

  /** Something failed: pause, and say so; a bug is told as one. */
  onFailure(doing: string, error: unknown): void {
    if (isFull(error)) return this.#full(doing)
    const now = monotonicMs()
    // What fails within one pause is one trouble; after a quiet time the next pause is short again.
    if (now > this.#pausedUntil + LONGEST) this.#pause = SHORTEST
    const why =
      error instanceof Error ? (isExpected(error) ? error.message : (error.stack ?? error.message)) : String(error)
    this.#log(`cannot ${doing}: ${why}; claiming nothing for ${this.#pause} ms`)
    if (errno(error) === 'ENOENT') this.#restoreDirs()
    if (now < this.#pausedUntil) return
    this.#pausedUntil = now + this.#pause
    this.#pause = Math.min(LONGEST, this.#pause * 2)
  }

  /** Does what must be done, again and again until it succeeds. */
  async retryUntilDone<T>(doing: string, act: () => T | Promise<T>): Promise<T> {
    for (let pause = 100; ; pause = Math.min(5000, pause * 2)) {
      try {
        return await act()
      } catch (error) {
        // On a full disk even a rename fails: the ballast makes room for the moves of what is already running.
        if (isFull(error)) giveUpBallast(this.#home)
        this.onFailure(doing, error)
        await sleep(pause)
      }
    }
  }

  /** Puts back places that were removed by hand, unless all of the home was. */
  #restoreDirs(): void {
    try {
      if (exists(this.#home.root)) openHome(this.#home.root)
    } catch (error) {
      this.#log(error instanceof Error ? error.message : String(error))
    }
  }

  /** Sees to it that there is a file to give up when the disk is full; where it has no room, no job has. */
  keepBallast(): void {
    const now = monotonicMs()
    if (exists(this.#home.ballast)) {
      this.#ballastSeen = now
      return
    }
    // Not at once: perhaps the whole home is being removed, and this would stand in the way.
    if (now - this.#ballastSeen < BALLAST_AFTER) return
    if (!keepBallast(this.#home)) this.#full('keep the ballast')
  }

  /** Claims nothing until there is room; said once. */
  #full(doing: string): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, monotonicMs() + ROOM_EVERY)
    if (this.#isFull) return
    this.#isFull = true
    this.#log(`cannot ${doing}: no space left on the device; claiming nothing until there is room`)
  }
}
