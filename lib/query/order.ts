/** Defines the orders in which jobs can be listed. */
import { compareText, type JobFile } from '../spool/scan.ts'
import { isOver, LIST_ORDER } from '../job/state.ts'

/** What a list is sorted by; times oldest first. `order`: waiting jobs as they run, then finished ones, newest first. */
export const SORTS = ['order', 'created', 'updated', 'priority', 'id'] as const
export type Sort = (typeof SORTS)[number]

/** What a page is sorted by. `due`: when a job may run, or was finished. */
export const PAGE_SORTS = [...SORTS, 'due', 'queue'] as const
export type PageSort = (typeof PAGE_SORTS)[number]

const inOrder = (a: JobFile, b: JobFile): number =>
  LIST_ORDER.indexOf(a.state) - LIST_ORDER.indexOf(b.state) ||
  // Finished jobs newest first, all others in the order they run.
  (isOver(a.state) ? b.name.due - a.name.due : compareText(a.fileName, b.fileName))

/** The orders that depend on file names only. */
export const SORT_BY_NAME: Partial<Record<Sort, (a: JobFile, b: JobFile) => number>> = {
  order: inOrder,
  priority: (a, b) => b.name.priority - a.name.priority || a.name.due - b.name.due,
  id: (a, b) => compareText(a.name.id, b.name.id),
}
