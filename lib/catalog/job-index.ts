/**
 * One entry for each job of a home, counted by queue and state, and what has changed since that was last told. Never
 * touches the disk: the catalogue tells it what it saw come and go.
 *
 * A job that has left one directory and is not yet seen in another is on its way (an operator has it in hand, a recovery
 * renames its whole directory): for a moment it is remembered where it was.
 */
import { join } from 'node:path'
import { type Entry, inherit } from './entry.ts'
import { type State, STATES } from '../job/state.ts'

/** What has changed since the last time: keys of entries, and ids of jobs that are no more. */
export interface IndexDelta {
  readonly changed: ReadonlySet<string>
  readonly removed: ReadonlySet<string>
}

export type StateCounts = Record<State, number>
export const noCounts = (): StateCounts => Object.fromEntries(STATES.map((state) => [state, 0])) as StateCounts

/** How long (ms) a job that is nowhere is believed to be on its way. */
export const IN_TRANSIT_MS = 150

/** A dropped file has no id of its own yet: its stem may be another job's. */
const keyOf = (entry: Entry): string => (entry.dropped ? join(entry.dir, entry.fileName) : entry.id)

export class JobIndex {
  readonly jobs = new Map<string, Entry>()
  /** Jobs by state for each queue that has any. */
  readonly queues = new Map<string, StateCounts>()
  /** Whose content was not read since it changed. */
  readonly unread = new Set<Entry>()
  readonly #inTransit = new Map<Entry, number>()
  readonly #present = new WeakSet<Entry>()
  #changed = new Set<string>()
  #removed = new Set<string>()

  add(entry: Entry): void {
    const key = keyOf(entry)
    const before = this.jobs.get(key)
    this.#present.add(entry)
    if (before) {
      inherit(entry, before)
      this.#count(before, -1)
      this.#inTransit.delete(before)
      this.unread.delete(before)
      if (this.#present.has(before)) entry.duplicate = before
    }
    this.jobs.set(key, entry)
    this.#count(entry, 1)
    this.markStale(entry)
    // A dropped file is taken in under the id that it was to get: it is this job now.
    for (const [one] of this.#inTransit) if (one.dropped && one.id === entry.id) this.#forget(one)
  }

  /** Its content may have changed. */
  markStale(entry: Entry): void {
    entry.isRead = false
    this.unread.add(entry)
    this.markChanged(keyOf(entry))
  }

  markChanged(key: string): void {
    this.#removed.delete(key)
    this.#changed.add(key)
  }

  remove(entry: Entry, now: number): void {
    this.#present.delete(entry)
    this.unread.delete(entry)
    const current = this.jobs.get(keyOf(entry))
    if (current !== entry) {
      for (let one = current; one; one = one.duplicate) if (one.duplicate === entry) one.duplicate = entry.duplicate
      return
    }
    const { duplicate } = entry
    if (!duplicate) {
      this.#inTransit.set(entry, now)
      return
    }
    this.#count(entry, -1)
    this.jobs.set(keyOf(entry), duplicate)
    this.#count(duplicate, 1)
    this.markStale(duplicate)
  }

  /** Gives up what has been on its way for too long. @returns whether anything still is */
  forgetLost(now: number): boolean {
    for (const [entry, since] of this.#inTransit) {
      if (now - since < IN_TRANSIT_MS) break
      this.#forget(entry)
    }
    return this.#inTransit.size > 0
  }

  #forget(entry: Entry): void {
    this.#inTransit.delete(entry)
    this.jobs.delete(keyOf(entry))
    this.#count(entry, -1)
    this.#changed.delete(keyOf(entry))
    if (!this.jobs.has(entry.id)) this.#removed.add(entry.id)
  }

  /** Changes what is known of an entry, its queue perhaps. */
  update(entry: Entry, learn: (entry: Entry) => void): void {
    this.unread.delete(entry)
    this.#count(entry, -1)
    learn(entry)
    this.#count(entry, 1)
  }

  /** What has changed since this was last asked; undefined when nothing has. */
  takeDelta(): IndexDelta | undefined {
    if (this.#changed.size + this.#removed.size === 0) return undefined
    const change = { changed: this.#changed, removed: this.#removed }
    this.#changed = new Set()
    this.#removed = new Set()
    return change
  }

  #count({ queue, state }: Entry, by: number): void {
    const counts = this.queues.get(queue) ?? noCounts()
    counts[state] += by
    if (STATES.some((one) => counts[one] !== 0)) this.queues.set(queue, counts)
    else this.queues.delete(queue)
  }
}
