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
export const ON_ITS_WAY_MS = 150

/** A dropped file has no id of its own yet: its stem may be another job's. */
const keyOf = (entry: Entry): string => (entry.dropped ? join(entry.dir, entry.fileName) : entry.id)

export class Standing {
  readonly jobs = new Map<string, Entry>()
  /** Jobs by state for each queue that has any. */
  readonly queues = new Map<string, StateCounts>()
  /** Whose content was not read since it changed. */
  readonly unread = new Set<Entry>()
  readonly #leaving = new Map<Entry, number>()
  readonly #there = new WeakSet<Entry>()
  #changed = new Set<string>()
  #removed = new Set<string>()

  enter(entry: Entry): void {
    const key = keyOf(entry)
    const before = this.jobs.get(key)
    this.#there.add(entry)
    if (before) {
      inherit(entry, before)
      this.#count(before, -1)
      this.#leaving.delete(before)
      this.unread.delete(before)
      if (this.#there.has(before)) entry.twin = before
    }
    this.jobs.set(key, entry)
    this.#count(entry, 1)
    this.touch(entry)
    // A dropped file is taken in under the id that it was to get: it is this job now.
    for (const [one] of this.#leaving) if (one.dropped && one.id === entry.id) this.#forget(one)
  }

  /** Its content may have changed. */
  touch(entry: Entry): void {
    entry.isRead = false
    this.unread.add(entry)
    this.tell(keyOf(entry))
  }

  tell(key: string): void {
    this.#removed.delete(key)
    this.#changed.add(key)
  }

  leave(entry: Entry, now: number): void {
    this.#there.delete(entry)
    this.unread.delete(entry)
    const current = this.jobs.get(keyOf(entry))
    if (current !== entry) {
      for (let one = current; one; one = one.twin) if (one.twin === entry) one.twin = entry.twin
      return
    }
    const { twin } = entry
    if (!twin) {
      this.#leaving.set(entry, now)
      return
    }
    this.#count(entry, -1)
    this.jobs.set(keyOf(entry), twin)
    this.#count(twin, 1)
    this.touch(twin)
  }

  /** Gives up what has been on its way for too long. @returns whether anything still is */
  giveUp(now: number): boolean {
    for (const [entry, since] of this.#leaving) {
      if (now - since < ON_ITS_WAY_MS) break
      this.#forget(entry)
    }
    return this.#leaving.size > 0
  }

  #forget(entry: Entry): void {
    this.#leaving.delete(entry)
    this.jobs.delete(keyOf(entry))
    this.#count(entry, -1)
    this.#changed.delete(keyOf(entry))
    if (!this.jobs.has(entry.id)) this.#removed.add(entry.id)
  }

  /** Changes what is known of an entry, its queue perhaps. */
  learn(entry: Entry, learn: (entry: Entry) => void): void {
    this.unread.delete(entry)
    this.#count(entry, -1)
    learn(entry)
    this.#count(entry, 1)
  }

  /** What has changed since this was last asked; undefined when nothing has. */
  change(): IndexDelta | undefined {
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
