/** Asks for confirmation before an action that cannot be undone or affects many jobs, and names their number. */
import { useEffect, useState } from 'preact/hooks'
import { ACTIONS, actOnMany, actOnOne, dryRun, type Selection } from '../actions.ts'
import type { Problem } from '../api.ts'
import { count, countNoun } from '../format.ts'
import type { Action, BulkResult } from '../api-types.ts'
import { Dialog } from './dialog.tsx'
import { ProblemNotice } from './problem-notice.tsx'

/** An action to confirm, on one job, several, or all that match a filter. */
export interface ConfirmRequest {
  readonly action: Action
  readonly which: Selection
  /** Called after success. */
  readonly onDone?: () => void
}

/** Performs the action at once when it needs no confirmation, else opens the dialog. */
export function actOrConfirm(request: ConfirmRequest, confirm: (request: ConfirmRequest) => void): void {
  const { action, which, onDone } = request
  const [only, ...others] = 'ids' in which ? which.ids : []
  if (only === undefined || others.length > 0 || ACTIONS[action].warning) confirm(request)
  else
    void actOnOne(action, only).then((isDone) => {
      if (isDone) onDone?.()
    })
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
  const more = action === 'retry' && isFilter && withCancelled ? { cancelled: true } : {}

  const loadTrial = (): void => {
    dryRun(action, which, more).then(setTrial, setProblem)
  }
  useEffect(loadTrial, [withCancelled])

  const submit = (): void => {
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
  const title = affected === 1 ? `${info.label} this job?` : `${info.label} ${countNoun(affected, 'job')}?`
  const reasons = Map.groupBy(trial?.skipped ?? [], ({ reason }) => reason)
  return (
    <Dialog title={title} isLittle onClose={onClose}>
      <div class="dialog-body">
        {problem && <ProblemNotice problem={problem} />}
        {!isFilter && which.ids.length === 1 && <code class="soft">{which.ids[0]}</code>}
        {info.warning && <p>{info.warning}</p>}
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
            <input type="checkbox" checked={withCancelled} onChange={() => setWithCancelled(!withCancelled)} /> Include
            cancelled jobs
          </label>
        )}
      </div>
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          {action === 'cancel' ? 'Keep' : 'Cancel'}
        </button>
        <button
          type="button"
          class={`button main ${info.warning ? 'danger' : ''}`}
          disabled={isBusy || !trial || trial.changed === 0}
          onClick={submit}
        >
          {info.label} {trial && trial.matched > 1 ? countNoun(trial.changed, 'job') : ''}
        </button>
      </div>
    </Dialog>
  )
}
