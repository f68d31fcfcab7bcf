/** The orders in which jobs are listed. */
import type { State } from '../job/job.ts'
import { isShapedLikeName } from '../job/file-name.ts'
import type { Sighting } from '../spool/scan.ts'

/** By what a list is sorted; times oldest first. `order`: as the queue flows and runs. */
export const SORTS = ['order', 'created', 'updated', 'priority', 'id'] as const
export type Sort = (typeof SORTS)[number]

/** By what pages are sorted. `due`: by when a job may run, or was over. */
export const PAGE_SORTS = [...SORTS, 'due'] as const
export type PageSort = (typeof PAGE_SORTS)[number]

const flow: readonly State[] = ['processing', 'pending', 'scheduled', 'failed', 'held', 'dead', 'completed']
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
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

/** When the job of a name was over, as text that sorts; empty for a dropped file. */
const overAt = (fileName: string): string => (isShapedLikeName(fileName) ? fileName.slice(5, 28) : '')

/** How many of the newest are looked for before all are sorted. */
const FEW = 1000

/** Names of finished jobs, newest first; sorting them all waits until more than a few are asked for. */
export function* newestFirst(fileNames: readonly string[], few = FEW): Generator<string> {
  const newest = (all: string[]): string[] => all.sort((a, b) => byText(overAt(b), overAt(a)))
  let best: string[] = []
  let least: string | undefined
  for (const fileName of fileNames) {
    if (least === undefined || overAt(fileName) > least) best.push(fileName)
    if (best.length < 2 * few) continue
    best = newest(best).slice(0, few)
    least = overAt(best.at(-1) ?? '')
  }
  best = newest(best).slice(0, few)
  yield* best
  if (best.length === fileNames.length) return
  const given = new Set(best)
  yield* newest(fileNames.filter((fileName) => !given.has(fileName)))
}
