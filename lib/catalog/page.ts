/** Finds the jobs of a catalog that match, and reads the files of one page of them. */
import type { Catalog } from './catalog.ts'
import { type Entry, jobFileOf } from './entry.ts'
import type { Home } from '../spool/layout.ts'
import type { JobFilter, ListedJob } from '../query/list.ts'
import type { PageSort } from '../query/order.ts'
import { compareText, type JobFile } from '../spool/scan.ts'
import { readProgress } from '../run/output-reader.ts'
import { type State, STATES, isOver, LIST_ORDER } from '../job/state.ts'

/** Which jobs match; a missing member matches all. */
export interface JobSearch extends JobFilter {
  /** Occurs in id, command, last error, queue or a tag; upper and lower case are the same. */
  readonly text?: string
  /** Equals the last error. */
  readonly error?: string
  /** Equals the fingerprint of the last error. */
  readonly fingerprint?: string
  /** Last changed at this time (ms) or later, and before that one. */
  readonly changedFrom?: number
  readonly changedTo?: number
  /** Only cancelled jobs, or only others. */
  readonly isCancelled?: boolean
}

export interface PageOptions {
  readonly sort: PageSort
  readonly isReverse: boolean
  readonly limit: number
  /** The cursor of the page before. */
  readonly after: PageCursor | undefined
}

/** Where a page ended: everything of its last job that a sort may compare. */
export type PageCursor = Pick<Entry, 'state' | 'due' | 'fileName' | 'priority' | 'id' | 'created' | 'updated' | 'queue'>

export interface JobPage {
  readonly items: readonly ListedJob[]
  readonly next: PageCursor | undefined
  readonly total: number
  /** False while some files have not been read: there may be more matches, and another order. */
  readonly isExact: boolean
}

/** How long (ms) a page may read files before it answers. */
const READ_MS = 150

const RANK = Object.fromEntries(LIST_ORDER.map((state, i) => [state, i])) as Record<State, number>

const COMPARE: Record<PageSort, (a: PageCursor, b: PageCursor) => number> = {
  order: (a, b) =>
    RANK[a.state] - RANK[b.state] || (isOver(a.state) ? b.due - a.due : compareText(a.fileName, b.fileName)),
  created: (a, b) => a.created - b.created,
  updated: (a, b) => a.updated - b.updated,
  due: (a, b) => a.due - b.due,
  priority: (a, b) => b.priority - a.priority || a.due - b.due,
  id: (a, b) => compareText(a.id, b.id),
  queue: (a, b) => compareText(a.queue, b.queue) || a.due - b.due,
}

/** Do names not suffice to tell which jobs match? */
export const needsContent = (search: JobSearch): boolean =>
  [
    search.tag,
    search.text,
    search.error,
    search.fingerprint,
    search.isCancelled,
    search.changedFrom,
    search.changedTo,
  ].some((one) => one !== undefined)

/** The jobs that match, in no particular order, from the files read within `READ_MS`. */
export function matchingEntries(catalog: Catalog, search: JobSearch): { entries: Entry[]; isExact: boolean } {
  const { states = STATES, queue, tag, text, error, fingerprint, isCancelled, changedFrom, changedTo } = search
  const isExact = !needsContent(search) || catalog.loader.readFor(READ_MS)
  const wanted = new Set(states)
  const lower = text?.toLowerCase()
  const entries: Entry[] = []
  for (const entry of catalog.jobs) {
    if (!wanted.has(entry.state) || (queue !== undefined && entry.queue !== queue)) continue
    if (tag !== undefined && !entry.tags.includes(tag)) continue
    if (error !== undefined && entry.error !== error) continue
    if (fingerprint !== undefined && entry.fingerprint !== fingerprint) continue
    if (changedFrom !== undefined && entry.updated < changedFrom) continue
    if (changedTo !== undefined && entry.updated >= changedTo) continue
    if (isCancelled !== undefined && entry.isCancelled !== isCancelled) continue
    if (lower === undefined || occurs(entry, lower)) entries.push(entry)
  }
  return { entries, isExact }
}

const occurs = ({ id, queue, text, error, tags }: Entry, lower: string): boolean =>
  text.includes(lower) ||
  id.toLowerCase().includes(lower) ||
  queue.toLowerCase().includes(lower) ||
  (error !== '' && error.toLowerCase().includes(lower)) ||
  tags.some((tag) => tag.toLowerCase().includes(lower))

export function pageOf(home: Home, catalog: Catalog, search: JobSearch, options: PageOptions): JobPage {
  const { sort, isReverse, limit, after } = options
  const isSortExact = !(sort === 'created' || sort === 'updated') || catalog.loader.readFor(READ_MS)
  const { entries, isExact } = matchingEntries(catalog, search)
  const by = COMPARE[sort]
  const compare = (a: PageCursor, b: PageCursor): number => (isReverse ? by(b, a) : by(a, b)) || compareText(a.id, b.id)
  const found = firstAfter(entries, limit + 1, compare, after)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.flatMap((entry) => toListedJob(home, catalog, entry) ?? []),
    next: found.length > limit && last ? pageCursor(last) : undefined,
    total: entries.length,
    isExact: isExact && isSortExact,
  }
}

/** The first `limit` entries after a cursor, sorted; the rest is never sorted. */
function firstAfter(
  entries: readonly Entry[],
  limit: number,
  compare: (a: PageCursor, b: PageCursor) => number,
  after?: PageCursor,
): Entry[] {
  const best: Entry[] = []
  for (const entry of entries) {
    if (after && compare(entry, after) <= 0) continue
    const worst = best.at(-1)
    if (worst && best.length >= limit && compare(entry, worst) >= 0) continue
    let low = 0
    let high = best.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = best[middle]
      if (other && compare(other, entry) <= 0) low = middle + 1
      else high = middle
    }
    best.splice(low, 0, entry)
    if (best.length > limit) best.pop()
  }
  return best
}

const pageCursor = ({ state, due, fileName, priority, id, created, updated, queue }: Entry): PageCursor => ({
  state,
  due,
  fileName,
  priority,
  id,
  created,
  updated,
  queue,
})

/** The job as its file says now; undefined when it is gone. */
export function toListedJob(home: Home, catalog: Catalog, entry: Entry): ListedJob | undefined {
  const content = catalog.loader.read(entry)
  const current = content ? entry : catalog.find(entry.id)
  const latest = content ?? (current && catalog.loader.read(current))
  if (!current || !latest) return undefined
  const { path, name }: JobFile = jobFileOf(current)
  const { job } = latest
  const progress = job && readProgress(home, job)
  return {
    id: job?.id ?? name.id,
    state: current.state,
    path,
    job,
    unreadable: latest.job ? undefined : latest.unreadable,
    ...(progress ? { progress } : {}),
  }
}
