/** Asks for confirmation before an action that cannot be undone or affects many jobs, and names their number. */
import { useEffect, useState } from 'preact/hooks'
import { ACTIONS, actOnMany, actOnOne, dryRun, type Selection } from '../actions.ts'
import type { Problem } from '../api.ts'
import { count, countNoun } from '../format.ts'
import type { Action, BulkResult, PlainAction } from '../api-types.ts'
import { Dialog } from './dialog.tsx'
import { QUEUE_LIST, QueueList } from './queue-list.tsx'
import { ProblemNotice } from './problem-notice.tsx'

/** An action to confirm, on one job, several, or all that match a filter. */
export interface ConfirmRequest {
  readonly action: Action
  readonly which: Selection
  /** Called after success. */
  readonly onDone?: () => void
}

/** Needs it neither a value nor a question? */
const isPlain = (action: Action): action is PlainAction => action !== 'priority' && action !== 'move'

/** Performs the action at once when it needs no confirmation, else opens the dialog. */
export function actOrConfirm(request: ConfirmRequest, confirm: (request: ConfirmRequest) => void): void {
  const { action, which, onDone } = request
  const [only, ...others] = 'ids' in which ? which.ids : []
  if (only === undefined || others.length > 0 || ACTIONS[action].warning || !isPlain(action)) confirm(request)
  else
    void actOnOne(action, only).then((isDone) => {
      if (isDone) onDone?.()
    })
}

/** What an action on many jobs asks for. */
const FIELDS = {
  priority: {
    name: 'Priority, higher first',
    title: (what: string) => `Change the priority of ${what}?`,
    input: { type: 'number', min: -999, max: 999 } as object,
    member: (value: string): object => ({ priority: Number(value) }),
    example: '0',
  },
  move: {
    name: 'Queue',
    title: (what: string) => `Move ${what} to another queue?`,
    input: { maxLength: 64, list: QUEUE_LIST } as object,
    member: (value: string): object => ({ queue: value.trim() }),
    example: 'default',
  },
}

export function ConfirmDialog({
  request,
  onClose,
}: {
  readonly request: ConfirmRequest
  readonly onClose: () => void
}) {
  const { action, which } = request
  const info = ACTIONS[action]
  const isFilter = 'filter' in which
  const [withCancelled, setWithCancelled] = useState(false)
  const [trial, setTrial] = useState<BulkResult>()
  const [problem, setProblem] = useState<Problem>()
  const [isBusy, setBusy] = useState(false)
  const [value, setValue] = useState('')
  const field = action === 'priority' || action === 'move' ? FIELDS[action] : undefined
  const more = {
    ...(action === 'retry' && isFilter && withCancelled ? { cancelled: true } : {}),
    ...(field && value !== '' ? field.member(value) : {}),
  }

  const loadTrial = (): void => {
    // Before a value is typed the numbers are known already.
    dryRun(action, which, { ...field?.member(field.example), ...more }).then(setTrial, setProblem)
  }
  useEffect(loadTrial, [withCancelled])

  const submit = (event: Event): void => {
    event.preventDefault()
    setBusy(true)
    setProblem(undefined)
    // The user confirms the number shown here, not the one on the page behind it.
    const selection = isFilter && trial ? { ...which, expected_count: trial.matched } : which
    actOnMany(action, selection, more).then(
      () => {
        request.onDone?.()
        onClose()
      },
      (error: Problem) => {
        setBusy(false)
        setProblem(error)
        if (error.status === 409) loadTrial()
      },
    )
  }

  const affected = trial?.changed ?? (isFilter ? which.expected_count : which.ids.length)
  const what = affected === 1 ? 'this job' : countNoun(affected, 'job')
  const title = field ? field.title(what) : `${info.label} ${what}?`
  const reasons = Map.groupBy(trial?.skipped ?? [], ({ reason }) => reason)
  return (
    <Dialog title={title} isLittle onClose={onClose}>
      <form onSubmit={submit}>
        <div class="dialog-body">
          {problem && <ProblemNotice problem={problem} />}
          {!isFilter && which.ids.length === 1 && <code class="soft">{which.ids[0]}</code>}
          {info.warning && <p>{info.warning}</p>}
          {action === 'move' && <QueueList />}
          {field && (
            <label class="asked">
              <span class="name">{field.name}</span>
              <input
                class="field"
                required
                autofocus
                autocomplete="off"
                value={value}
                onInput={(event) => setValue(event.currentTarget.value)}
                {...field.input}
              />
            </label>
          )}
          {trial && trial.skipped_count > 0 && (
            <div class="soft">
              <p>
                {count(trial.skipped_count)} of {count(trial.matched)} are skipped:
              </p>
              <ul>
                {[...reasons].slice(0, 4).map(([reason, those]) => (
                  <li key={reason}>
                    {reason.split(';')[0]} ({count(those.length)})
                  </li>
                ))}
              </ul>
            </div>
          )}
          {action === 'retry' && isFilter && (
            <label>
              <input type="checkbox" checked={withCancelled} onChange={() => setWithCancelled(!withCancelled)} />{' '}
              Include cancelled jobs
            </label>
          )}
        </div>
        <div class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            {action === 'cancel' ? 'Keep' : 'Cancel'}
          </button>
          <button
            class={`button main ${info.warning ? 'danger' : ''}`}
            disabled={isBusy || !trial || trial.changed === 0}
          >
            {info.label} {trial && trial.matched > 1 ? countNoun(trial.changed, 'job') : ''}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
