/** The orders in which jobs are listed. */
import { compareText, type JobFile } from '../spool/scan.ts'
import { isOver, LIST_ORDER } from '../job/state.ts'

/** By what a list is sorted; times oldest first. `order`: as the queue flows and runs. */
export const SORTS = ['order', 'created', 'updated', 'priority', 'id'] as const
export type Sort = (typeof SORTS)[number]

/** By what pages are sorted. `due`: by when a job may run, or was over. */
export const PAGE_SORTS = [...SORTS, 'due'] as const
export type PageSort = (typeof PAGE_SORTS)[number]

const inOrder = (a: JobFile, b: JobFile): number =>
  LIST_ORDER.indexOf(a.state) - LIST_ORDER.indexOf(b.state) ||
  // Finished jobs newest first, all others in the order they run.
  (isOver(a.state) ? b.name.due - a.name.due : compareText(a.fileName, b.fileName))

/** The sorts that need only names. */
export const SORT_BY_NAME: Partial<Record<Sort, (a: JobFile, b: JobFile) => number>> = {
  order: inOrder,
  priority: (a, b) => b.name.priority - a.name.priority || a.name.due - b.name.due,
  id: (a, b) => compareText(a.name.id, b.name.id),
}
