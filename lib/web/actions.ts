/** The actions on jobs: their labels, the states they are allowed in, and how they are performed. */
import { ALLOWED_IN } from '../job/state.ts'
import { jobApiPath, post, type Problem, sendDelete } from './api.ts'
import { countNoun } from './format.ts'
import type { IconName } from './components/icons.tsx'
import { showToast, showProblem } from './components/toasts.tsx'
import { refreshAll } from './refetch.ts'
import type { Action, BulkResult, Filter, Operation, PlainAction, State } from './api-types.ts'
import { follow } from './operations.ts'

interface ActionInfo {
  readonly label: string
  readonly done: string
  readonly icon: IconName
  readonly allowedIn: readonly State[]
  /** Shown in a confirmation, also for a single job. */
  readonly warning?: string
}

export const ACTIONS: Record<Action, ActionInfo> = {
  retry: { label: 'Retry', done: 'retried', icon: 'retry', allowedIn: ALLOWED_IN.retry },
  cancel: {
    label: 'Cancel',
    done: 'cancelled',
    icon: 'cancel',
    allowedIn: ALLOWED_IN.cancel,
    warning: 'Cancelled jobs move to the dead letters. Running ones are killed first.',
  },
  hold: { label: 'Hold', done: 'held', icon: 'hold', allowedIn: ALLOWED_IN.hold },
  release: { label: 'Release', done: 'released', icon: 'release', allowedIn: ALLOWED_IN.release },
  delete: {
    label: 'Delete',
    done: 'deleted',
    icon: 'bin',
    allowedIn: ALLOWED_IN.purge,
    warning: 'Jobs and their output are deleted for good.',
  },
  priority: { label: 'Priority', done: 'changed', icon: 'sort', allowedIn: ALLOWED_IN.priority },
  move: { label: 'Move', done: 'moved', icon: 'next', allowedIn: ALLOWED_IN.move },
}

/** All actions, in the order of their buttons. */
export const ACTION_ORDER: readonly PlainAction[] = ['retry', 'release', 'hold', 'cancel', 'delete']
/** Those that ask for a value, for many jobs at once. */
export const VALUED_ACTIONS = ['priority', 'move'] as const satisfies readonly Action[]

/** The actions that are allowed in at least one of these states. */
export const possibleActions = <A extends Action = PlainAction>(
  states: readonly State[],
  actions = ACTION_ORDER as readonly A[],
): A[] => actions.filter((action) => states.some((state) => ACTIONS[action].allowedIn.includes(state)))

/** Performs an action on one job and shows a toast. @returns whether it succeeded */
export async function actOnOne(action: PlainAction, id: string): Promise<boolean> {
  try {
    if (action === 'delete') await sendDelete(jobApiPath(id))
    else await post(`${jobApiPath(id)}/${action}`)
    showToast(`${id} ${ACTIONS[action].done}`)
    return true
  } catch (error) {
    showProblem(error as Problem)
    return false
  } finally {
    refreshAll()
  }
}

/** Jobs by their ids, or all that match a filter, with their number. */
export type Selection =
  | { readonly ids: readonly string[] }
  | { readonly filter: Filter; readonly expected_count: number }

/** What an action on many jobs would do. @throws Problem */
export const dryRun = (action: Action, selection: Selection, more: object = {}): Promise<BulkResult> =>
  post<BulkResult>('/jobs/bulk', {
    action,
    ...('ids' in selection ? selection : { filter: selection.filter }),
    ...more,
    dry_run: true,
  })

/** From this many jobs on the server goes on by itself, and says how far it is. */
const MANY = 1000

/** Performs an action on many jobs. @throws Problem when nothing was done */
export async function actOnMany(action: Action, selection: Selection, more: object = {}): Promise<void> {
  const change = { action, ...selection, ...more }
  if (('ids' in selection ? selection.ids.length : selection.expected_count) >= MANY) {
    follow(await post<Operation>('/operations', change))
    return
  }
  const result = await post<BulkResult>('/jobs/bulk', change)
  const skipped = result.skipped_count === 0 ? '' : `; ${countNoun(result.skipped_count, 'job')} skipped`
  showToast(`${countNoun(result.changed, 'job')} ${ACTIONS[action].done}${skipped}`)
  refreshAll()
}
