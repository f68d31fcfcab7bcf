/**
 * What a worker does when the machine is out of something: it claims nothing for a while, longer each time, and does
 * what must be done as soon as it can be.
 */
import { join } from 'node:path'
import { monotonicMs, randomHex, sleep } from '../clock.ts'
import { errno, QueueError } from '../errors.ts'
import { exists, isExhausted, move, remove, writeNew } from '../spool/files.ts'
import { type Home, openHome } from '../spool/home.ts'

const SHORTEST = 500
const LONGEST = 30_000
/** The ballast is made again when it has been gone for so long (ms). */
const BALLAST_AFTER = 5000

/** No bug of ours: the machine is out of something, or what stands in the way is said in one sentence. */
const isExpected = (error: Error): boolean => error instanceof QueueError || isExhausted(error)

export class Patience {
  readonly #home: Home
  readonly #say: (line: string) => void
  #pausedUntil = 0
  #pause = SHORTEST
  #ballastSeen = Number.NEGATIVE_INFINITY

  constructor(home: Home, say: (line: string) => void) {
    this.#home = home
    this.#say = say
  }

  /** Nothing is claimed before this moment, on the monotonic clock. */
  get pausedUntil(): number {
    return this.#pausedUntil
  }

  /** Something failed: pause, and say so; a bug is told as one. */
  trouble(doing: string, error: unknown): void {
    const now = monotonicMs()
    // What fails within one pause is one trouble; after a quiet time the next pause is short again.
    if (now > this.#pausedUntil + LONGEST) this.#pause = SHORTEST
    const why =
      error instanceof Error ? (isExpected(error) ? error.message : (error.stack ?? error.message)) : String(error)
    this.#say(`cannot ${doing}: ${why}; claiming nothing for ${this.#pause} ms`)
    if (errno(error) === 'ENOENT') this.#mend()
    if (now < this.#pausedUntil) return
    this.#pausedUntil = now + this.#pause
    this.#pause = Math.min(LONGEST, this.#pause * 2)
  }

  /** Does what must be done, again and again until it succeeds. */
  async insist<T>(doing: string, act: () => T | Promise<T>): Promise<T> {
    for (let pause = 100; ; pause = Math.min(5000, pause * 2)) {
      try {
        return await act()
      } catch (error) {
        // On a full disk even a rename fails: the ballast makes room for the moves of what is already running.
        if (errno(error) === 'ENOSPC') remove(this.#home.ballast)
        this.trouble(doing, error)
        await sleep(pause)
      }
    }
  }

  /** Puts back places that were removed by hand, unless all of the home was. */
  #mend(): void {
    try {
      if (exists(this.#home.root)) openHome(this.#home.root)
    } catch (error) {
      this.#say(error instanceof Error ? error.message : String(error))
    }
  }

  /** A file to give up when the disk is full; made again once there is room. */
  keepBallast(): void {
    const now = monotonicMs()
    if (exists(this.#home.ballast)) {
      this.#ballastSeen = now
      return
    }
    // Not at once: perhaps the whole home is being removed, and this would stand in the way.
    if (now - this.#ballastSeen < BALLAST_AFTER) return
    const aside = join(this.#home.tmp, `ballast.${randomHex(8)}.new`)
    try {
      writeNew(aside, 'queuectl gives this file up when the disk is full\n'.padEnd(1_048_576, '.'), false)
      move(aside, this.#home.ballast)
    } catch {
      // No room for it: that is what it is for.
    }
  }
}
