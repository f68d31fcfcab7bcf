/**
 * A home as a program sees it that stays and is asked again and again: pages, counts and groups of all jobs, answered
 * out of a {@link Catalog}, and what changes as it changes.
 */
import { isoTime } from '../job/time.ts'
import { Catalog, type CatalogChange } from './catalog.ts'
import { type Entry, jobFileOf } from './entry.ts'
import type { Counts } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import type { ListedJob, JobRef } from '../query/list.ts'
import {
  needsContent,
  readEntryForList,
  matchingEntries,
  type JobPage,
  pageOf,
  type PageOptions,
  type JobSearch,
} from './page.ts'
import { noCounts, type StateCounts } from './job-index.ts'

/** Dead jobs that have the same last error. */
export interface DeadGroup {
  readonly error: string
  readonly count: number
  /** The newest ten. */
  readonly jobs: readonly string[]
  /** When the newest died. */
  readonly last: string | null
}

/** The job that may run and has waited longest. */
export interface OldestReady {
  readonly id: string
  readonly since: string
}

export interface QueueCounts extends StateCounts {
  readonly queue: string
  readonly oldest_ready_at: string | null
}

const NEWEST = 10
/** For how long (ms) others wait while everything is read for a selection. */
const BIT_MS = 20
const seenOf = (entry: Entry): JobRef => ({ id: entry.id, state: entry.state, path: jobFileOf(entry).path })
const timeOf = ({ due }: Entry): string => isoTime(Math.floor(due / 1000))

export class Live {
  readonly #home: Home
  readonly #catalogue: Catalog

  private constructor(home: Home, catalogue: Catalog) {
    this.#home = home
    this.#catalogue = catalogue
  }

  static async open(home: Home, isPolling = false): Promise<Live> {
    return new Live(home, await Catalog.open(home, isPolling))
  }

  /** What has changed by now is known. */
  async upToDate(): Promise<this> {
    await this.#catalogue.upToDate()
    return this
  }

  /** A page of the jobs that match. */
  async page(search: JobSearch, options: PageOptions): Promise<JobPage> {
    return pageOf(this.#home, await this.#catalogue.upToDate(), search, options)
  }

  /** All jobs that match. Waits until every file that must be read for that has been, in small bits. */
  async select(search: JobSearch): Promise<JobRef[]> {
    do await this.#catalogue.upToDate()
    while (needsContent(search) && !this.#catalogue.loader.readFor(BIT_MS))
    return matchingEntries(this.#catalogue, search).entries.map(seenOf)
  }

  /** Where a job lies, by its whole id; undefined when it is not known (yet). */
  async find(id: string): Promise<JobRef | undefined> {
    const entry = (await this.#catalogue.upToDate()).find(id)
    return entry && seenOf(entry)
  }

  /** These jobs as they are now; those that are not there any more are left out. */
  read(ids: Iterable<string>): ListedJob[] {
    return [...ids].flatMap((id) => {
      const entry = this.#catalogue.find(id)
      return (entry && readEntryForList(this.#home, this.#catalogue, entry)) ?? []
    })
  }

  counts(): Counts {
    const counts = { ...noCounts(), corrupt: this.#catalogue.corrupt }
    for (const ofQueue of this.#catalogue.queues.values())
      for (const [state, n] of Object.entries(ofQueue)) counts[state as Entry['state']] += n
    counts.pending += counts.scheduled
    return counts
  }

  queues(): QueueCounts[] {
    const oldest = new Map<string, Entry>()
    for (const entry of this.#ready()) {
      const known = oldest.get(entry.queue)
      if (!known || entry.due < known.due) oldest.set(entry.queue, entry)
    }
    return [...this.#catalogue.queues]
      .map(([queue, counts]) => {
        const first = oldest.get(queue)
        const pending = counts.pending + counts.scheduled
        return { queue, ...counts, pending, oldest_ready_at: first ? timeOf(first) : null }
      })
      .sort((a, b) => (a.queue < b.queue ? -1 : 1))
  }

  oldestReady(): OldestReady | undefined {
    let oldest: Entry | undefined
    for (const entry of this.#ready()) if (!oldest || entry.due < oldest.due) oldest = entry
    return oldest && { id: oldest.id, since: timeOf(oldest) }
  }

  *#ready(): Generator<Entry> {
    for (const entry of this.#catalogue.jobs) if (entry.state === 'pending' && !entry.dropped) yield entry
  }

  /** Dead jobs by their last error, the most frequent first. */
  async deadGroups(search: JobSearch): Promise<DeadGroup[]> {
    const { entries } = matchingEntries(await this.#catalogue.upToDate(), { ...search, states: ['dead'], text: '' })
    const groups = new Map<string, Entry[]>()
    for (const entry of entries) {
      const group = groups.get(entry.error)
      if (group) group.push(entry)
      else groups.set(entry.error, [entry])
    }
    return [...groups]
      .map(([error, all]) => {
        const newest = all.sort((a, b) => b.due - a.due).slice(0, NEWEST)
        const [last] = newest
        return { error, count: all.length, jobs: newest.map(({ id }) => id), last: last ? timeOf(last) : null }
      })
      .sort((a, b) => b.count - a.count)
  }

  /** Calls `heard` with what has changed, soon after it has. The result ends it. */
  listen(heard: (heard: CatalogChange) => void): () => void {
    return this.#catalogue.listen(heard)
  }

  /** How many directories are being watched. */
  get watched(): number {
    return this.#catalogue.watched
  }

  close(): void {
    this.#catalogue.close()
  }
}
