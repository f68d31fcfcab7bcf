/** The states of a job, and which verb is allowed in which state. Pure: the CLI, the library, HTTP and the pages use the same table. */
/**
 * Where a job is. On disk the state is the directory; the record's own `state` member follows at the next stamp.
 *
 * - `pending`: may run now. Made by enqueue, a dropped file, promotion, retry; left by a worker's claim.
 * - `scheduled`: a first run that is not due yet. Printed as `pending` with its time. Left by promotion.
 * - `processing`: held by a worker. Left by settling, or by recovery when the worker is gone.
 * - `failed`: the last attempt failed; due for another one. Left by promotion.
 * - `dead`: the dead letter queue: attempts used up, given up or cancelled. A person decides.
 * - `completed`: succeeded (directory `done/<UTC day>/`).
 * - `held`: set aside by a person (directory `hold/`).
 */
export const STATES = ['pending', 'scheduled', 'processing', 'failed', 'held', 'dead', 'completed'] as const

export type State = (typeof STATES)[number]

/** The word printed for a state: a job that is only not due yet is pending to people. */
export const shownState = (state: State): string => (state === 'scheduled' ? 'pending' : state)

/** The states that anything is ever pruned from: nothing in them waits to be run. */
export const PRUNABLE = ['completed', 'dead'] as const satisfies readonly State[]

export type Prunable = (typeof PRUNABLE)[number]

/** A person waits for these: the job will run, or runs. */
export const UNSETTLED = ['processing', 'pending', 'scheduled', 'failed'] as const satisfies readonly State[]

/** A job in these goes on by itself, or once it is released. */
export const UNFINISHED = [...UNSETTLED, 'held'] as const satisfies readonly State[]

/** Waiting for the time in their name. */
export const WAITING_FOR_TIME = ['scheduled', 'failed'] as const satisfies readonly State[]

/** Waiting for a worker or for a time, and not running. */
const WAITING = ['pending', 'scheduled', 'failed'] as const satisfies readonly State[]

/** States in which the name or the content of a job may be changed. */
const CHANGEABLE = [...WAITING, 'held', 'dead'] as const satisfies readonly State[]

/** Which verb is allowed in which states. In all others it is refused with `wrong state`. */
export const ALLOWED_IN = {
  hold: WAITING,
  release: ['held'],
  top: WAITING,
  priority: CHANGEABLE,
  move: CHANGEABLE,
  edit: CHANGEABLE,
  retry: ['dead', 'failed', 'completed'],
  cancel: [...WAITING, 'processing', 'held'],
  purge: ['dead'],
  prune: PRUNABLE,
} as const satisfies Record<string, readonly State[]>

export type Verb = keyof typeof ALLOWED_IN

export const isAllowed = (verb: Verb, state: State): boolean => {
  const states: readonly State[] = ALLOWED_IN[verb]
  return states.includes(state)
}

/** Retrying by a filter means these; a completed job is run again only when it is named. */
export const RETRIED_BY_FILTER = ['failed', 'dead'] as const satisfies readonly State[]

/** The order of lists: as jobs flow, what runs first. */
export const LIST_ORDER: readonly State[] = [
  'processing',
  'pending',
  'scheduled',
  'failed',
  'held',
  'dead',
  'completed',
]

/** The states that a state's word means to people: what is scheduled is pending to them. */
export const statesMeant = (state: State): readonly State[] =>
  state === 'pending' ? ['pending', 'scheduled'] : [state]

/** Nothing more happens to a job in this state by itself. */
export const isOver = (state: State): boolean => state === 'completed' || state === 'dead'

/** The words for states that people are shown, in the order of {@link STATES}. */
export const SHOWN_STATES = ['pending', 'processing', 'failed', 'held', 'dead', 'completed'] as const
