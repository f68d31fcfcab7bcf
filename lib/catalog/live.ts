/**
 * The home for a long-running reader: pages, counts and groups of jobs, answered from an in-memory {@link Catalog}, and
 * changes as they happen.
 */
import { isoTime } from '../job/time.ts'
import { Catalog, type CatalogChange } from './catalog.ts'
import { type Entry, jobFileOf } from './entry.ts'
import type { Counts } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import type { ListedJob, JobRef } from '../query/list.ts'
import {
  needsContent,
  toListedJob,
  matchingEntries,
  type JobPage,
  pageOf,
  type PageOptions,
  type JobSearch,
} from './page.ts'
import { noCounts, type StateCounts } from './job-index.ts'

/** Dead jobs whose last errors are alike, or the same. */
export interface DeadGroup {
  /** That of the newest job. */
  readonly error: string
  /** What their errors have in common; see {@link errorFingerprint}. */
  readonly fingerprint: string
  readonly count: number
  /** Their queues, sorted. */
  readonly queues: readonly string[]
  /** The newest ten. */
  readonly jobs: readonly string[]
  /** When the oldest and the newest one died (ISO 8601). */
  readonly first: string | null
  readonly last: string | null
}

export interface GroupOptions {
  /** Only the same errors are in one group. */
  readonly isExact?: boolean
  /** The largest group first, or that with the newest job; default: count. */
  readonly sort?: 'count' | 'last'
}

/** The job that has been ready to run for the longest time. */
export interface OldestReady {
  readonly id: string
  readonly since: string
}

export interface QueueCounts extends StateCounts {
  readonly queue: string
  readonly oldest_ready_at: string | null
}

const JOBS_OF_GROUP = 10
/** How long (ms) a selection reads without letting other work of the process go first. */
const SLICE_MS = 20
const refOf = (entry: Entry): JobRef => ({ id: entry.id, state: entry.state, path: jobFileOf(entry).path })
const dueTime = ({ due }: Entry): string => isoTime(Math.floor(due / 1000))

/** @param all newest first */
function groupOf(all: readonly Entry[]): DeadGroup {
  const [newest] = all
  const oldest = all.at(-1)
  return {
    error: newest?.error ?? '',
    fingerprint: newest?.fingerprint ?? '',
    count: all.length,
    queues: [...new Set(all.map(({ queue }) => queue))].sort(),
    jobs: all.slice(0, JOBS_OF_GROUP).map(({ id }) => id),
    first: oldest ? dueTime(oldest) : null,
    last: newest ? dueTime(newest) : null,
  }
}

export class Live {
  readonly #home: Home
  readonly #catalog: Catalog

  private constructor(home: Home, catalog: Catalog) {
    this.#home = home
    this.#catalog = catalog
  }

  static async open(home: Home, isPolling = false): Promise<Live> {
    return new Live(home, await Catalog.open(home, isPolling))
  }

  /** Resolves once all changes reported so far have been applied. */
  async upToDate(): Promise<this> {
    await this.#catalog.upToDate()
    return this
  }

  /** A page of the jobs that match. */
  async page(search: JobSearch, options: PageOptions): Promise<JobPage> {
    return pageOf(this.#home, await this.#catalog.upToDate(), search, options)
  }

  /** All jobs that match, after every file this needs has been read. */
  async select(search: JobSearch): Promise<JobRef[]> {
    do await this.#catalog.upToDate()
    while (needsContent(search) && !this.#catalog.loader.readFor(SLICE_MS))
    return matchingEntries(this.#catalog, search).entries.map(refOf)
  }

  /** A job by its whole id; undefined when the catalog does not know it (yet). */
  async find(id: string): Promise<JobRef | undefined> {
    const entry = (await this.#catalog.upToDate()).find(id)
    return entry && refOf(entry)
  }

  /** The queue of a job; undefined when the catalog does not know it. */
  queueOf(id: string): string | undefined {
    return this.#catalog.find(id)?.queue
  }

  /** These jobs as their files say now, without those that are gone. */
  read(ids: Iterable<string>): ListedJob[] {
    return [...ids].flatMap((id) => {
      const entry = this.#catalog.find(id)
      return (entry && toListedJob(this.#home, this.#catalog, entry)) ?? []
    })
  }

  counts(): Counts {
    const counts = { ...noCounts(), corrupt: this.#catalog.corrupt }
    for (const ofQueue of this.#catalog.queues.values())
      for (const [state, n] of Object.entries(ofQueue)) counts[state as Entry['state']] += n
    counts.pending += counts.scheduled + counts.waiting
    return counts
  }

  queues(): QueueCounts[] {
    const oldest = new Map<string, Entry>()
    for (const entry of this.#ready()) {
      const known = oldest.get(entry.queue)
      if (!known || entry.due < known.due) oldest.set(entry.queue, entry)
    }
    return [...this.#catalog.queues]
      .map(([queue, counts]) => {
        const first = oldest.get(queue)
        const pending = counts.pending + counts.scheduled + counts.waiting
        return { queue, ...counts, pending, oldest_ready_at: first ? dueTime(first) : null }
      })
      .sort((a, b) => (a.queue < b.queue ? -1 : 1))
  }

  /** The tags of all jobs that have been read, the most frequent first. */
  tags(): { readonly tag: string; readonly jobs: number }[] {
    const counts = new Map<string, number>()
    for (const { tags } of this.#catalog.jobs) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1)
    return [...counts].map(([tag, jobs]) => ({ tag, jobs })).sort((a, b) => b.jobs - a.jobs || (a.tag < b.tag ? -1 : 1))
  }

  oldestReady(): OldestReady | undefined {
    let oldest: Entry | undefined
    for (const entry of this.#ready()) if (!oldest || entry.due < oldest.due) oldest = entry
    return oldest && { id: oldest.id, since: dueTime(oldest) }
  }

  *#ready(): Generator<Entry> {
    for (const entry of this.#catalog.jobs) if (entry.state === 'pending' && !entry.dropped) yield entry
  }

  /** Dead jobs by their last error. */
  async deadGroups(search: JobSearch, { isExact = false, sort = 'count' }: GroupOptions = {}): Promise<DeadGroup[]> {
    const { entries } = matchingEntries(await this.#catalog.upToDate(), { ...search, states: ['dead'], text: '' })
    const alike = new Map<string, Entry[]>()
    for (const entry of entries) {
      const key = isExact ? entry.error : entry.fingerprint
      const group = alike.get(key)
      if (group) group.push(entry)
      else alike.set(key, [entry])
    }
    const groups = [...alike.values()].map((all) => all.sort((a, b) => b.due - a.due))
    const lastOf = ([newest]: readonly Entry[]): number => newest?.due ?? 0
    return groups.sort((a, b) => (sort === 'count' && b.length - a.length) || lastOf(b) - lastOf(a)).map(groupOf)
  }

  /** Calls `listener` soon after each change. Returns the function that ends this. */
  listen(listener: (change: CatalogChange) => void): () => void {
    return this.#catalog.listen(listener)
  }

  /** How many directories are being watched. */
  get watched(): number {
    return this.#catalog.watched
  }

  close(): void {
    this.#catalog.close()
  }
}
