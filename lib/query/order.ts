/** The orders in which jobs are listed. */
import type { State } from '../job/job.ts'
import { byText, type Sighting } from '../spool/scan.ts'

/** By what a list is sorted; times oldest first. `order`: as the queue flows and runs. */
export const SORTS = ['order', 'created', 'updated', 'priority', 'id'] as const
export type Sort = (typeof SORTS)[number]

/** By what pages are sorted. `due`: by when a job may run, or was over. */
export const PAGE_SORTS = [...SORTS, 'due'] as const
export type PageSort = (typeof PAGE_SORTS)[number]

const flow: readonly State[] = ['processing', 'pending', 'scheduled', 'failed', 'held', 'dead', 'completed']

const inOrder = (a: Sighting, b: Sighting): number =>
  flow.indexOf(a.state) - flow.indexOf(b.state) ||
  // Finished jobs newest first, all others in the order they run.
  (a.state === 'completed' || a.state === 'dead' ? b.name.due - a.name.due : byText(a.fileName, b.fileName))

/** The sorts that need only names. */
export const SORT_BY_NAME: Partial<Record<Sort, (a: Sighting, b: Sighting) => number>> = {
  order: inOrder,
  priority: (a, b) => b.name.priority - a.name.priority || a.name.due - b.name.due,
  id: (a, b) => byText(a.name.id, b.name.id),
}
