/** Takes the numbers of limits that a worker's jobs must have, and lets them go. */
import { parseName } from '../job/file-name.ts'
import type { Limit } from '../job/queue-settings.ts'
import { exists } from '../disk/files.ts'
import type { FifoPool, Reserved } from '../run/fifo-pool.ts'
import type { Home } from '../spool/layout.ts'
import {
  type Asker,
  type Claim,
  entriesFor,
  type NumberEntry,
  hasFree,
  letGo,
  newNonce,
  signNumber,
  takeNumber,
} from '../spool/limits.ts'
import { ring } from '../spool/wakeup.ts'

interface Host {
  readonly home: Home
  /** The name of our directory as it is now. */
  readonly worker: () => string
  readonly fifos: () => FifoPool
  readonly limitsOf: (queue: string) => readonly Limit[]
}

/** A job in our hand, and the numbers it has. */
interface Hand {
  readonly nonce: string
  entries: NumberEntry[]
  readonly fifo?: Reserved
  /** It was another worker's, whose entries stay. */
  readonly isAdopted: boolean
}

/** A run that goes on. */
export interface GoingOn {
  readonly fileName: string
  /** The path of its FIFO; undefined while it begins. */
  readonly fifo: string | undefined
}

export class Numbers {
  readonly #host: Host
  readonly #asker: Asker
  readonly #hands = new Map<string, Hand>()
  readonly #nonces = new Set<string>()
  /** The limits that had no free number when we looked. */
  readonly #full = new Set<string>()

  constructor(host: Host) {
    this.#host = host
    this.#asker = {
      home: host.home,
      isPresent: ({ worker, nonce }: Claim) => worker !== host.worker() || this.#nonces.has(nonce),
    }
  }

  /** Has one of the limits of this queue no free number, as far as we know? */
  readonly mustWait = (queue: string): boolean =>
    this.#full.size > 0 && this.#host.limitsOf(queue).some(({ name }) => this.#full.has(name))

  /** Others may have let numbers go: looks again before it counts a limit as full. */
  lookAgain(): void {
    this.#full.clear()
  }

  /** Is there a number of each of these limits, as far as a look tells? */
  areFree(limits: readonly Limit[]): boolean {
    const full = limits.find((limit) => !hasFree(this.#asker, limit))
    if (full) this.#full.add(full.name)
    return full === undefined
  }

  /**
   * Takes a number of each limit for a job that we hold.
   * @returns the FIFO that its run must have; undefined: one was not free after all, and nothing is taken
   */
  take(fileName: string, limits: readonly Limit[]): Reserved | undefined {
    const fifo = this.#host.fifos().reserve()
    const hand = this.#add(fileName, { nonce: newNonce(), entries: [], fifo, isAdopted: false })
    const claim = { worker: this.#host.worker(), fileName, nonce: hand.nonce, fifo: fifo.path }
    try {
      for (const limit of limits) {
        const entry = takeNumber(this.#asker, limit, claim)
        if (!entry) {
          this.#full.add(limit.name)
          this.letGo(fileName)
          return undefined
        }
        hand.entries.push(entry)
      }
      return fifo
    } catch (error) {
      this.letGo(fileName)
      throw error
    }
  }

  #add(fileName: string, hand: Hand): Hand {
    this.#hands.set(fileName, hand)
    this.#nonces.add(hand.nonce)
    return hand
  }

  /**
   * Sees to it that every run has a number of each limit that it is under by now, also above the cap.
   * @returns whether all have: one that is just beginning cannot be signed for
   */
  sign(runs: readonly GoingOn[]): boolean {
    return runs.map((run) => this.#signOne(run)).every(Boolean)
  }

  #signOne({ fileName, fifo }: GoingOn): boolean {
    const name = parseName(fileName)
    const limits = name ? this.#host.limitsOf(name.queue) : []
    const missing = limits.filter(
      (limit) => !this.#hands.get(fileName)?.entries.some((one) => one.limit === limit.name),
    )
    if (missing.length === 0) return true
    if (fifo === undefined) return false
    const known = this.#hands.get(fileName)
    const hand =
      known ??
      this.#add(fileName, { nonce: newNonce(), entries: entriesFor(this.#host.home, fileName), isAdopted: true })
    const claim = { worker: this.#host.worker(), fileName, nonce: hand.nonce, fifo }
    for (const limit of missing)
      if (!hand.entries.some((one) => one.limit === limit.name))
        hand.entries.push(signNumber(this.#host.home, limit.name, claim))
    return true
  }

  /** Lets go what a job has; of a run of another worker that we adopted, also what that one took. */
  readonly letGo = (fileName: string): void => {
    const { home } = this.#host
    const hand = this.#hands.get(fileName)
    if (!hand) return
    const entries = hand.isAdopted && exists(home.limits) ? entriesFor(home, fileName) : hand.entries
    // If we die in here: the others are free once the job has left our directory.
    const isWanted = entries.map((entry) => letGo(home, entry)).some(Boolean)
    hand.entries = []
    this.#nonces.delete(hand.nonce)
    this.#hands.delete(fileName)
    for (const { limit } of entries) this.#full.delete(limit)
    if (hand.fifo) this.#host.fifos().unreserve(hand.fifo)
    if (isWanted) ring(home)
  }
}
