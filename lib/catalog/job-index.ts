/**
 * The catalog's entries, one for each job, counted by queue and state, and what has changed since that was last taken. Never
 * touches the disk: the catalog reports which files come and go.
 *
 * A job that has left one directory and has not been found in another is in transit (an operator holds it, or a recovery
 * renames the directory it is in). It is kept where it was for a moment, so that it does not disappear from lists.
 */
import { join } from 'node:path'
import { type Entry, inherit } from './entry.ts'
import { type State, STATES } from '../job/state.ts'

/** Keys of entries that have changed, and ids of jobs that no longer exist. */
export interface IndexDelta {
  readonly changed: ReadonlySet<string>
  readonly removed: ReadonlySet<string>
}

export type StateCounts = Record<State, number>
export const noCounts = (): StateCounts => Object.fromEntries(STATES.map((state) => [state, 0])) as StateCounts

/** How long (ms) a job that is in no directory counts as in transit. */
export const IN_TRANSIT_MS = 150

/** A dropped file is known by its path: its stem may be the id of another job. */
const keyOf = (entry: Entry): string => (entry.dropped ? join(entry.dir, entry.fileName) : entry.id)

export class JobIndex {
  readonly jobs = new Map<string, Entry>()
  /** Jobs by state for each queue that has any. */
  readonly queues = new Map<string, StateCounts>()
  /** Entries whose content has not been read since it may have changed. */
  readonly unread = new Set<Entry>()
  /** When each of them left its directory (ms), oldest first. */
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
    // A dropped file that was taken in under this id is this job now.
    for (const [one] of this.#inTransit) if (one.dropped && one.id === entry.id) this.#forget(one)
  }

  /** Marks an entry whose content may have changed. */
  markStale(entry: Entry): void {
    entry.isRead = false
    this.unread.add(entry)
    this.markChanged(keyOf(entry))
  }

  markChanged(key: string): void {
    this.#removed.delete(key)
    this.#changed.add(key)
  }

  /** The entry's file is gone. @param now monotonic, milliseconds */
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

  /** Forgets jobs that have been in transit for too long. @returns whether others still are */
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

  /** Lets `change` set what was read of an entry, which may be counted under another queue afterwards. */
  update(entry: Entry, change: () => void): void {
    this.unread.delete(entry)
    this.#count(entry, -1)
    change()
    this.#count(entry, 1)
  }

  /** What has changed since the last call; undefined when nothing has. */
  takeDelta(): IndexDelta | undefined {
    if (this.#changed.size + this.#removed.size === 0) return undefined
    const delta = { changed: this.#changed, removed: this.#removed }
    this.#changed = new Set()
    this.#removed = new Set()
    return delta
  }

  #count({ queue, state }: Entry, by: number): void {
    const counts = this.queues.get(queue) ?? noCounts()
    counts[state] += by
    if (STATES.some((one) => counts[one] !== 0)) this.queues.set(queue, counts)
    else this.queues.delete(queue)
  }
}
