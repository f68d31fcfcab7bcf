/** Takes the numbers of limits that a worker's jobs must have, and lets them go. */
import { type JobLine, parseName } from '../job/file-name.ts'
import type { Limit } from '../job/queue-settings.ts'
import type { FifoPool, Reserved } from '../run/fifo-pool.ts'
import type { Home } from '../spool/layout.ts'
import type { Troubles } from './containment.ts'
import {
  type Asker,
  type Claim,
  type Claiming,
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
  readonly limitsOf: (line: JobLine) => readonly Limit[]
  readonly troubles: Pick<Troubles, 'attempt' | 'forget'>
}

/** The directory of a limit, by its path in the home. */
const entryOf = (limit: string): string => `limits/${limit}`

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

  /** Has one of the limits of this line no free number, as far as we know? */
  readonly mustWait = (line: JobLine): boolean =>
    this.#full.size > 0 && this.#host.limitsOf(line).some(({ name }) => this.#full.has(name))

  /** Others may have let numbers go: looks again before it counts a limit as full. */
  lookAgain(): void {
    this.#full.clear()
  }

  /** Is there a number of each of these limits, as far as a look tells? What cannot be looked at is full. */
  areFree(limits: readonly Limit[]): boolean {
    const full = limits.find((limit) => !this.#try(limit, () => hasFree(this.#asker, limit)))
    if (full) this.#full.add(full.name)
    return full === undefined
  }

  /** Does something with a limit, unless it is left alone now. A failure is about this limit: other queues go on. */
  #try<T>({ name }: Pick<Limit, 'name'>, act: () => T): T | undefined {
    return this.#host.troubles.attempt(entryOf(name), `use the limit ${name}`, act)
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
        const entry = this.#try(limit, () => takeNumber(this.#asker, limit, claim))
        if (entry) this.#host.troubles.forget(entryOf(limit.name))
        else {
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
   * @returns `soon`: one that is just beginning cannot be signed for yet. `later`: a limit cannot be used now
   */
  sign(runs: readonly GoingOn[]): 'signed' | 'soon' | 'later' {
    const all = runs.map((run) => this.#signOne(run))
    return all.includes('later') ? 'later' : all.includes('soon') ? 'soon' : 'signed'
  }

  #signOne({ fileName, fifo }: GoingOn): 'signed' | 'soon' | 'later' {
    const name = parseName(fileName)
    const limits = name ? this.#host.limitsOf(name) : []
    const missing = limits.filter(
      (limit) => !this.#hands.get(fileName)?.entries.some((one) => one.limit === limit.name),
    )
    if (missing.length === 0) return 'signed'
    if (fifo === undefined) return 'soon'
    const known = this.#hands.get(fileName)
    const hand = known ?? this.#add(fileName, { nonce: newNonce(), entries: [], isAdopted: true })
    const claim = { worker: this.#host.worker(), fileName, nonce: hand.nonce, fifo }
    for (const limit of missing) {
      const entry = this.#try(limit, () => this.#entryOf(claim, limit.name, hand.isAdopted))
      if (!entry) return 'later'
      hand.entries.push(entry)
    }
    return 'signed'
  }

  /** What its former worker took, or an entry of ours. */
  #entryOf(claim: Claiming, limit: string, isAdopted: boolean): NumberEntry {
    const { home } = this.#host
    const known = isAdopted ? entriesFor(home, claim.fileName, [limit])[0] : undefined
    return known ?? signNumber(home, limit, claim)
  }

  /** Lets go what a job has; of a run of another worker that we adopted, also what that one took. */
  readonly letGo = (fileName: string): void => {
    const { home } = this.#host
    const hand = this.#hands.get(fileName)
    if (!hand) return
    const { entries } = hand
    // If we die in here: the others are free once the job has left our directory, and so are those that cannot be removed now.
    const isWanted = entries
      .map((entry) => this.#try({ name: entry.limit }, () => letGo(home, entry)) === true)
      .some(Boolean)
    hand.entries = []
    this.#nonces.delete(hand.nonce)
    this.#hands.delete(fileName)
    for (const { limit } of entries) this.#full.delete(limit)
    if (hand.fifo) this.#host.fifos().unreserve(hand.fifo)
    if (isWanted) ring(home)
  }
}
