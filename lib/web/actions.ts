/** What can be done to jobs: in which states, in which words, and the doing. One way for one job and for many. */
import { ALLOWED_IN } from '../job/state.ts'
import { jobApi, post, type Problem, remove } from './api.ts'
import { many } from './format.ts'
import type { IconName } from './components/icons.tsx'
import { say, sayProblem } from './components/toasts.tsx'
import { refresh } from './resource.ts'
import type { Action, BulkResult, Filter, State } from './api-types.ts'

interface Deed {
  readonly label: string
  readonly done: string
  readonly icon: IconName
  readonly from: readonly State[]
  /** Asked again before it is done, even to one job. */
  readonly warning?: string
}

export const DEEDS: Record<Action, Deed> = {
  retry: { label: 'Retry', done: 'retried', icon: 'retry', from: ALLOWED_IN.retry },
  cancel: {
    label: 'Cancel',
    done: 'cancelled',
    icon: 'cancel',
    from: ALLOWED_IN.cancel,
    warning: 'What is cancelled goes to the dead letters; processes that run are ended first.',
  },
  hold: { label: 'Hold', done: 'held', icon: 'hold', from: ALLOWED_IN.hold },
  release: { label: 'Release', done: 'released', icon: 'release', from: ALLOWED_IN.release },
  delete: {
    label: 'Delete',
    done: 'deleted',
    icon: 'bin',
    from: ALLOWED_IN.purge,
    warning: 'Jobs and their output are removed for good.',
  },
}

/** All actions, in the order of their buttons. */
export const ACTION_ORDER: readonly Action[] = ['retry', 'release', 'hold', 'cancel', 'delete']

/** What can be done to a job, or to some of several, by where they lie. */
export const possible = (states: readonly State[]): Action[] =>
  ACTION_ORDER.filter((action) => states.some((state) => DEEDS[action].from.includes(state)))

/** Does it to one job, and says so. */
export async function act(action: Action, id: string): Promise<boolean> {
  try {
    if (action === 'delete') await remove(jobApi(id))
    else await post(`${jobApi(id)}/${action}`)
    say(`${id} ${DEEDS[action].done}`)
    return true
  } catch (error) {
    sayProblem(error as Problem)
    return false
  } finally {
    refresh()
  }
}

/** Which jobs: these, or all that match a filter, counted. */
export type Which = { readonly ids: readonly string[] } | { readonly filter: Filter; readonly expected_count: number }

/** What it would do. @throws Problem */
export const tryBulk = (action: Action, which: Which, more: object = {}): Promise<BulkResult> =>
  post<BulkResult>('/jobs/bulk', {
    action,
    ...('ids' in which ? which : { filter: which.filter }),
    ...more,
    dry_run: true,
  })

/** Does it to many. @throws Problem when nothing was done */
export async function actOnMany(action: Action, which: Which, more: object = {}): Promise<BulkResult> {
  const result = await post<BulkResult>('/jobs/bulk', { action, ...which, ...more })
  const passed = result.skipped_count === 0 ? '' : `; ${many(result.skipped_count, 'job')} passed over`
  say(`${many(result.changed, 'job')} ${DEEDS[action].done}${passed}`)
  refresh()
  return result
}
