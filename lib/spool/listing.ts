/** Lists of jobs: which are meant, and in which order. Reading only. */
import type { Job, State } from '../job/job.ts'
import type { Progress } from '../job/progress.ts'
import { Latest } from './find.ts'
import type { Home } from './home.ts'
import { byText, SORT_BY_NAME, type Sort } from './order.ts'
import { progressOf } from './runs.ts'

/** Which jobs are meant; everything left out matches all. */
export interface Filter {
  readonly states?: readonly State[]
  readonly queue?: string
  readonly tag?: string
}

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

const progressMember = (progress: Progress | undefined): Pick<Listed, 'progress'> => (progress ? { progress } : {})
