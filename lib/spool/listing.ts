/** Lists of jobs: which are meant, and in which order. Reading only. */
import type { Job, State } from '../job/job.ts'
import type { Progress } from '../job/progress.ts'
import { Latest, type Sighting } from './find.ts'
import type { Home } from './home.ts'
import { progressOf } from './runs.ts'

/** Which jobs are meant; everything left out matches all. */
export interface Filter {
  readonly states?: readonly State[]
  readonly queue?: string
  readonly tag?: string
}

/** By what a list is sorted; times oldest first. `order`: as the queue flows and runs. */
export const SORTS = ['order', 'created', 'updated', 'priority', 'id'] as const
export type Sort = (typeof SORTS)[number]

/** A job in a list; a file that cannot be understood is listed with the reason in place of its job. */
export interface Listed {
  readonly id: string
  readonly state: State
  readonly path: string
  readonly job: Job | undefined
  readonly unreadable: string | undefined
  /** How far a running job says it is. */
  readonly progress?: Progress
}

export interface ListOptions {
  readonly sort?: Sort
  readonly limit?: number
}

/** Jobs that match, sorted; `limit` keeps the first ones. */
export function listJobs(home: Home, filter: Filter, options: ListOptions): Listed[] {
  const { sort = 'order', limit = Number.POSITIVE_INFINITY } = options
  const byName = SORT_BY_NAME[sort]
  const found: Listed[] = []
  const latest = new Latest(home, filter.states)
  for (const first of byName ? latest.all.sort(byName) : latest.all) {
    if (byName && found.length >= limit) break
    if (filter.queue !== undefined && !first.foreign && first.name.queue !== filter.queue) continue
    const now = latest.read(first)
    if (!now) continue
    const { seen, content } = now
    const { job } = content
    const matches =
      (filter.tag === undefined || job?.tags?.includes(filter.tag)) &&
      (filter.queue === undefined || job?.queue === filter.queue)
    if (matches)
      found.push({
        id: job?.id ?? seen.name.id,
        state: seen.state,
        path: seen.path,
        job,
        unreadable: content.job ? undefined : content.unreadable,
        ...progressMember(job && progressOf(home, job)),
      })
  }
  if (byName) return found
  const member = sort === 'created' ? 'created_at' : 'updated_at'
  return found.sort((a, b) => byText(a.job?.[member] ?? '', b.job?.[member] ?? '')).slice(0, limit)
}

const flow: readonly State[] = ['processing', 'pending', 'scheduled', 'failed', 'held', 'dead', 'completed']
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const inOrder = (a: Sighting, b: Sighting): number =>
  flow.indexOf(a.state) - flow.indexOf(b.state) ||
  // Finished jobs newest first, all others in the order they run.
  (a.state === 'completed' || a.state === 'dead' ? b.name.due - a.name.due : byText(a.fileName, b.fileName))

/** The sorts that need only names. */
const SORT_BY_NAME: Partial<Record<Sort, (a: Sighting, b: Sighting) => number>> = {
  order: inOrder,
  priority: (a, b) => b.name.priority - a.name.priority || a.name.due - b.name.due,
  id: (a, b) => byText(a.name.id, b.name.id),
}

const progressMember = (progress: Progress | undefined): Pick<Listed, 'progress'> => (progress ? { progress } : {})
