/** Changes the limits of a queue, and what its jobs have that do not say. */
import { useState } from 'preact/hooks'
import type { OwnSettings, SettingsAnswer } from '../api-types.ts'
import { patch, type Problem } from '../api.ts'
import { ALL_TOGETHER, disobeyed, queueApiPath } from '../queue-actions.ts'
import { refreshAll } from '../refetch.ts'
import { Dialog } from './dialog.tsx'
import { ProblemNotice } from './problem-notice.tsx'
import { showToast } from './toasts.tsx'

type Member = keyof OwnSettings

interface Field {
  readonly member: Member
  readonly name: string
  readonly hint: string
  readonly isText?: true
}

const OF_ALL: readonly Field[] = [
  { member: 'limit', name: 'Running at a time', hint: 'Empty: no limit' },
  { member: 'key_limit', name: 'Of one key', hint: 'So many jobs of a key run at a time; empty: 1' },
  { member: 'rate', name: 'Rate of starts', hint: 'Such as 10/m, 5/10s or 100/h', isText: true },
]
const OF_ONE: readonly Field[] = [{ member: 'halt_after', name: 'Pause after', hint: 'So many dead jobs in a row' }]
const DEFAULTS: readonly Field[] = [
  { member: 'timeout', name: 'Timeout', hint: 'Seconds an attempt may take; 0: no limit' },
  { member: 'max_retries', name: 'Attempts', hint: 'Of jobs enqueued from now on' },
  { member: 'backoff_base', name: 'Backoff base', hint: 'Attempt n is followed by base ^ n seconds' },
  { member: 'max_backoff', name: 'Longest wait', hint: 'Seconds before the next one' },
]
const DESCRIPTION: Field = { member: 'description', name: 'What it is for', hint: '', isText: true }

interface SettingsDialogProps {
  readonly queue: string
  readonly settings: OwnSettings
  readonly onClose: () => void
}

export function SettingsDialog({ queue, settings, onClose }: SettingsDialogProps) {
  const isAll = queue === ALL_TOGETHER
  const [typed, setTyped] = useState<Partial<Record<Member, string>>>({})
  const [problem, setProblem] = useState<Problem>()
  const [isBusy, setBusy] = useState(false)
  const fields = isAll ? OF_ALL : [...OF_ALL, ...OF_ONE]
  const submit = (event: Event): void => {
    event.preventDefault()
    setBusy(true)
    patch<SettingsAnswer>(queueApiPath(queue), changesOf([...fields, ...DEFAULTS, DESCRIPTION], typed)).then(
      ({ not_obeying: others }) => {
        showToast(`Limits of ${isAll ? 'all queues' : queue} saved${disobeyed(others)}`)
        refreshAll()
        onClose()
      },
      (error: Problem) => {
        setBusy(false)
        setProblem(error)
      },
    )
  }
  const shown = ({ member, name, hint, isText }: Field) => (
    <label key={member} class="asked">
      <span class="name">{name}</span>
      <input
        class="field"
        autofocus={member === 'limit'}
        autocomplete="off"
        inputMode={isText ? 'text' : 'decimal'}
        value={typed[member] ?? String(settings[member] ?? '')}
        onInput={(event) => setTyped({ ...typed, [member]: event.currentTarget.value })}
      />
      {hint && <span class="hint">{hint}</span>}
    </label>
  )
  return (
    <Dialog title={isAll ? 'Limits of all queues together' : `Limits of ${queue}`} onClose={onClose}>
      <form onSubmit={submit}>
        <div class="dialog-body">
          <ProblemNotice problem={problem} />
          <div class={`asked-row ${isAll ? 'two' : ''}`}>{fields.map(shown)}</div>
          {!isAll && (
            <fieldset class="plain-set">
              <legend>For its jobs that do not say</legend>
              <div class="asked-row two">{DEFAULTS.map(shown)}</div>
            </fieldset>
          )}
          {shown(DESCRIPTION)}
        </div>
        <div class="dialog-foot">
          <span class="hint">A lower limit ends nothing that runs.</span>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button class="button main" disabled={isBusy || Object.keys(typed).length === 0}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** What was typed, as values; an empty field takes its setting back. What is no number is left to the server to refuse. */
function changesOf(fields: readonly Field[], typed: Partial<Record<Member, string>>): Record<string, unknown> {
  const changes: Record<string, unknown> = {}
  for (const { member, isText } of fields) {
    const text = typed[member]?.trim()
    if (text === undefined) continue
    const isNumber = !isText && Number.isFinite(Number(text))
    changes[member] = text === '' ? null : isNumber ? Number(text) : text
  }
  return changes
}
