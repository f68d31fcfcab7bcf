/** Asks before something is done that cannot be undone, or is done to many; says beforehand to how many. */
import { useEffect, useState } from 'preact/hooks'
import { act, actOnMany, DEEDS, tryBulk, type Which } from '../actions.ts'
import type { Problem } from '../api.ts'
import { count, many } from '../format.ts'
import type { Action, BulkResult } from '../api-types.ts'
import { Dialog } from './dialog.tsx'
import { ProblemNotice } from './pieces.tsx'

/** What is to be confirmed: one job, some, or all that match a filter. */
export interface Asked {
  readonly action: Action
  readonly which: Which
  /** After it was done. */
  readonly onDone?: () => void
}

/** Does at once what needs no question, else opens the dialog. */
export function begin(asked: Asked, ask: (asked: Asked) => void): void {
  const { action, which, onDone } = asked
  const [only, ...others] = 'ids' in which ? which.ids : []
  if (only === undefined || others.length > 0 || DEEDS[action].warning) ask(asked)
  else
    void act(action, only).then((isDone) => {
      if (isDone) onDone?.()
    })
}

export function Confirm({ asked, onClose }: { readonly asked: Asked; readonly onClose: () => void }) {
  const { action, which } = asked
  const deed = DEEDS[action]
  const isFilter = 'filter' in which
  const [withCancelled, setWithCancelled] = useState(false)
  const [trial, setTrial] = useState<BulkResult>()
  const [problem, setProblem] = useState<Problem>()
  const [isBusy, setBusy] = useState(false)
  const more = action === 'retry' && isFilter && withCancelled ? { cancelled: true } : {}

  const look = (): void => {
    tryBulk(action, which, more).then(setTrial, setProblem)
  }
  useEffect(look, [withCancelled])

  const doIt = (): void => {
    setBusy(true)
    setProblem(undefined)
    // What is confirmed is the number that stands here, not the one that was seen before.
    const meant = isFilter && trial ? { ...which, expected_count: trial.matched } : which
    actOnMany(action, meant, more).then(
      () => {
        asked.onDone?.()
        onClose()
      },
      (error: Problem) => {
        setBusy(false)
        setProblem(error)
        if (error.status === 409) look()
      },
    )
  }

  const asksFor = trial?.changed ?? (isFilter ? which.expected_count : which.ids.length)
  const title = asksFor === 1 ? `${deed.label} this job?` : `${deed.label} ${many(asksFor, 'job')}?`
  const reasons = Map.groupBy(trial?.skipped ?? [], ({ reason }) => reason)
  return (
    <Dialog title={title} isLittle onClose={onClose}>
      <div class="dialog-body">
        {problem && <ProblemNotice problem={problem} />}
        {!isFilter && which.ids.length === 1 && <code class="soft">{which.ids[0]}</code>}
        {deed.warning && <p>{deed.warning}</p>}
        {trial && trial.skipped_count > 0 && (
          <div class="soft">
            <p>
              {count(trial.skipped_count)} of {count(trial.matched)} are passed over:
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
            <input type="checkbox" checked={withCancelled} onChange={() => setWithCancelled(!withCancelled)} /> Those
            that were cancelled, too
          </label>
        )}
      </div>
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          {action === 'cancel' ? 'Keep' : 'Cancel'}
        </button>
        <button
          type="button"
          class={`button main ${deed.warning ? 'danger' : ''}`}
          disabled={isBusy || !trial || trial.changed === 0}
          onClick={doIt}
        >
          {deed.label} {trial && trial.matched > 1 ? many(trial.changed, 'job') : ''}
        </button>
      </div>
    </Dialog>
  )
}
