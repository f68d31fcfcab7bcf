/** Defines the states of a job and which verb is allowed in which state, for the CLI, library, HTTP and pages. Pure. */

/**
 * On disk the state is the directory; the record's `state` member follows at the next stamp.
 *
 * - `waiting`: until the jobs in its member `after` have ended (directory `waiting/<one of them>/`). Shown as `pending`.
 *   Left when they have, by any worker.
 * - `pending`: may run now. Entered by enqueue, intake, promotion and retry; left by a worker's claim.
 * - `scheduled`: the first run is not due yet. Shown as `pending` with its time. Left by promotion.
 * - `processing`: held by a worker. Left by settling, or by recovery when the worker is dead.
 * - `failed`: the last attempt failed, and another one is due later. Left by promotion.
 * - `dead`: the dead letter queue: attempts used up, given up, or cancelled. Left by retry and purge.
 * - `completed`: succeeded (directory `done/<UTC day>/`).
 * - `held`: set aside by a person (directory `hold/`). Left by release.
 */
export const STATES = ['waiting', 'pending', 'scheduled', 'processing', 'failed', 'held', 'dead', 'completed'] as const

export type State = (typeof STATES)[number]

/** The word shown for a state: `scheduled` and `waiting` are shown as `pending`. */
export const shownState = (state: State): string => (SHOWN_AS_PENDING.includes(state) ? 'pending' : state)

const SHOWN_AS_PENDING: readonly State[] = ['scheduled', 'waiting']

/** The states that are pruned: no job in them waits to be run. */
export const PRUNABLE = ['completed', 'dead'] as const satisfies readonly State[]

export type Prunable = (typeof PRUNABLE)[number]

/** The job runs, or will run by itself. */
export const UNSETTLED = ['processing', 'waiting', 'pending', 'scheduled', 'failed'] as const satisfies readonly State[]

/** The job runs, or will run by itself or once it is released. */
export const UNFINISHED = [...UNSETTLED, 'held'] as const satisfies readonly State[]

/** The job waits for the time in its name. */
export const WAITING_FOR_TIME = ['scheduled', 'failed'] as const satisfies readonly State[]

/** The job waits for a worker or for a time. */
const WAITING = ['pending', 'scheduled', 'failed'] as const satisfies readonly State[]

/** The name or content of the job may be changed. */
const EDITABLE = [...WAITING, 'held', 'dead'] as const satisfies readonly State[]

const CHANGEABLE = [...EDITABLE, 'waiting'] as const satisfies readonly State[]

/** The states in which each verb is allowed. In other states it fails with WRONG_STATE. */
export const ALLOWED_IN = {
  hold: [...WAITING, 'waiting'],
  release: ['held'],
  top: WAITING,
  priority: CHANGEABLE,
  move: CHANGEABLE,
  edit: EDITABLE,
  retry: ['dead', 'failed', 'completed'],
  cancel: [...WAITING, 'waiting', 'processing', 'held'],
  purge: ['dead'],
  prune: PRUNABLE,
} as const satisfies Record<string, readonly State[]>

export type Verb = keyof typeof ALLOWED_IN

export const isAllowed = (verb: Verb, state: State): boolean => {
  const states: readonly State[] = ALLOWED_IN[verb]
  return states.includes(state)
}

/** What a retry by filter selects; a completed job is retried only by its id. */
export const RETRIED_BY_FILTER = ['failed', 'dead'] as const satisfies readonly State[]

/** The order of lists: running first, then in the order jobs flow. */
export const LIST_ORDER: readonly State[] = [
  'processing',
  'pending',
  'scheduled',
  'waiting',
  'failed',
  'held',
  'dead',
  'completed',
]

/** The states that a shown state includes: `pending` includes `scheduled` and `waiting`. */
export const statesMeant = (state: State): readonly State[] =>
  state === 'pending' ? ['pending', ...SHOWN_AS_PENDING] : [state]

/** Does a job in this state stay there until a person acts? */
export const isOver = (state: State): boolean => state === 'completed' || state === 'dead'

/** The shown states, in the order of {@link STATES}. */
export const SHOWN_STATES = ['pending', 'processing', 'failed', 'held', 'dead', 'completed'] as const
