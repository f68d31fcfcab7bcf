/** Asks why a queue or schedule is paused, or a queue drained, and until when. */
import { useState } from 'preact/hooks'
import type { Problem } from '../api.ts'
import { wallNow } from '../clock.ts'
import { Dialog } from './dialog.tsx'
import { ProblemNotice } from './problem-notice.tsx'

/** Hours. */
const LENGTHS = {
  'until it is resumed': 0,
  'for 15 minutes': 0.25,
  'for an hour': 1,
  'for 8 hours': 8,
  'for a day': 24,
}
type Length = keyof typeof LENGTHS

const MEANINGS = {
  Pause: 'What runs goes on. Waiting jobs keep their place.',
  Drain: 'It is paused, and what runs is waited for. Waiting jobs keep their place.',
}

interface PauseDialogProps {
  readonly name: string
  readonly verb: keyof typeof MEANINGS
  /** In place of what pausing a queue means. */
  readonly meaning?: string
  /** It lasts until it is resumed. */
  readonly isUntimed?: boolean
  readonly pause: (how: { readonly reason?: string; readonly until?: string }) => Promise<void>
  readonly onClose: () => void
}

export function PauseDialog({ name, verb, meaning, isUntimed, pause, onClose }: PauseDialogProps) {
  const [reason, setReason] = useState('')
  const [length, setLength] = useState<Length>('until it is resumed')
  const [problem, setProblem] = useState<Problem>()
  const [isBusy, setBusy] = useState(false)
  const submit = (event: Event): void => {
    event.preventDefault()
    setBusy(true)
    const hours = LENGTHS[length]
    pause({
      ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
      ...(hours === 0 ? {} : { until: new Date(wallNow() + hours * 3_600_000).toISOString() }),
    }).then(onClose, (error: Problem) => {
      setBusy(false)
      setProblem(error)
    })
  }
  return (
    <Dialog title={`${verb} ${name}?`} isLittle onClose={onClose}>
      <form onSubmit={submit}>
        <div class="dialog-body">
          <ProblemNotice problem={problem} />
          <p>{meaning ?? MEANINGS[verb]}</p>
          <label class="asked">
            <span class="name">Reason</span>
            <input
              class="field"
              autofocus
              maxLength={500}
              autocomplete="off"
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          </label>
          {!isUntimed && (
            <label class="asked">
              <span class="name">How long</span>
              <select class="field" value={length} onChange={(event) => setLength(event.currentTarget.value as Length)}>
                {Object.keys(LENGTHS).map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            </label>
          )}
        </div>
        <div class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button class="button main" disabled={isBusy}>
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
