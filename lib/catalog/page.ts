/** Which jobs of a catalogue match, and a page of them: as many as there may be, only that page is read. */
import type { Catalog } from './catalog.ts'
import { type Entry, jobFileOf } from './entry.ts'
import type { Home } from '../spool/layout.ts'
import type { JobFilter, ListedJob } from '../query/list.ts'
import type { PageSort } from '../query/order.ts'
import { compareText, type JobFile } from '../spool/scan.ts'
import { readProgress } from '../run/output-reader.ts'
import { type State, STATES, isOver, LIST_ORDER } from '../job/state.ts'

/** Which jobs are meant; everything left out matches all. */
export interface JobSearch extends JobFilter {
  /** Occurs, in whatever case, in id, command, last error, queue or a tag. */
  readonly text?: string
  /** Is the last error. */
  readonly error?: string
  /** Only those that were cancelled, or only those that were not. */
  readonly isCancelled?: boolean
}

export interface PageOptions {
  readonly sort: PageSort
  readonly isReverse: boolean
  readonly limit: number
  /** The page begins behind this. */
  readonly after: PageCursor | undefined
}

/** Where a page ended: what of its last job any sort goes by. */
export type PageCursor = Pick<Entry, 'state' | 'due' | 'fileName' | 'priority' | 'id' | 'created' | 'updated'>

export interface JobPage {
  readonly items: readonly ListedJob[]
  readonly next: PageCursor | undefined
  readonly total: number
  /** False while not every content has been read: there may be more, in another order. */
  readonly isExact: boolean
}

/** How long (ms) a page waits for contents that were not read yet. */
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
}

/** Must files be read to tell, and not only their names? */
export const needsContent = ({ tag, text, error, isCancelled }: JobSearch): boolean =>
  [tag, text, error, isCancelled].some((one) => one !== undefined)

/** The jobs that match, in no particular order; their contents have been read as far as time allowed. */
export function matchingEntries(catalogue: Catalog, search: JobSearch): { entries: Entry[]; isExact: boolean } {
  const { states = STATES, queue, tag, text, error, isCancelled } = search
  const isExact = !needsContent(search) || catalogue.loader.readFor(READ_MS)
  const wanted = new Set(states)
  const typed = text?.toLowerCase()
  const entries: Entry[] = []
  for (const entry of catalogue.jobs) {
    if (!wanted.has(entry.state) || (queue !== undefined && entry.queue !== queue)) continue
    if (tag !== undefined && !entry.tags.includes(tag)) continue
    if (error !== undefined && entry.error !== error) continue
    if (isCancelled !== undefined && entry.isCancelled !== isCancelled) continue
    if (typed === undefined || occurs(entry, typed)) entries.push(entry)
  }
  return { entries, isExact }
}

const occurs = ({ id, queue, text, error, tags }: Entry, typed: string): boolean =>
  text.includes(typed) ||
  id.toLowerCase().includes(typed) ||
  queue.toLowerCase().includes(typed) ||
  (error !== '' && error.toLowerCase().includes(typed)) ||
  tags.some((tag) => tag.toLowerCase().includes(typed))

export function pageOf(home: Home, catalogue: Catalog, search: JobSearch, options: PageOptions): JobPage {
  const { sort, isReverse, limit, after } = options
  const isSortExact = !(sort === 'created' || sort === 'updated') || catalogue.loader.readFor(READ_MS)
  const { entries, isExact } = matchingEntries(catalogue, search)
  const by = COMPARE[sort]
  const compare = (a: PageCursor, b: PageCursor): number => (isReverse ? by(b, a) : by(a, b)) || compareText(a.id, b.id)
  const found = first(entries, limit + 1, compare, after)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.flatMap((entry) => readEntryForList(home, catalogue, entry) ?? []),
    next: found.length > limit && last ? markOf(last) : undefined,
    total: entries.length,
    isExact: isExact && isSortExact,
  }
}

/** The first `limit` behind `after`, sorted: what is further behind is never sorted. */
function first(
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

const markOf = ({ state, due, fileName, priority, id, created, updated }: Entry): PageCursor => ({
  state,
  due,
  fileName,
  priority,
  id,
  created,
  updated,
})

/** A job as it is now; undefined when it has gone. */
export function readEntryForList(home: Home, catalogue: Catalog, entry: Entry): ListedJob | undefined {
  const here = catalogue.loader.read(entry)
  const now = here ? entry : catalogue.find(entry.id)
  const content = here ?? (now && catalogue.loader.read(now))
  if (!now || !content) return undefined
  const { path, name }: JobFile = jobFileOf(now)
  const { job } = content
  const progress = job && readProgress(home, job)
  return {
    id: job?.id ?? name.id,
    state: now.state,
    path,
    job,
    unreadable: content.job ? undefined : content.unreadable,
    ...(progress ? { progress } : {}),
  }
}
