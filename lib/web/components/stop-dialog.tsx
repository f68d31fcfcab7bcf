/** Asks how a worker is stopped. */
import { useState } from 'preact/hooks'
import type { WorkerEnd } from '../api-types.ts'
import { post, type Problem } from '../api.ts'
import { refreshAll } from '../refetch.ts'
import { Dialog } from './dialog.tsx'
import { ProblemNotice } from './problem-notice.tsx'
import { showToast } from './toasts.tsx'

const MODES = {
  drain: 'When what it runs has ended. It takes no more jobs.',
  leave: 'Now. Its jobs run on, and the next worker watches them.',
  force: 'Now, and end its jobs. They are put back, and use no attempt.',
}
type Mode = keyof typeof MODES

const ENDS: Record<WorkerEnd['end'], string> = {
  stopped: 'has stopped',
  stopping: 'is stopping',
  unreachable: 'cannot be told from here, or does not answer',
}

export function StopDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const [mode, setMode] = useState<Mode>('drain')
  const [problem, setProblem] = useState<Problem>()
  const [isBusy, setBusy] = useState(false)
  const submit = (event: Event): void => {
    event.preventDefault()
    setBusy(true)
    post<WorkerEnd>(`/workers/${encodeURIComponent(name)}/stop`, { mode }).then(
      ({ end }) => {
        showToast(`${name} ${ENDS[end]}`)
        refreshAll()
        onClose()
      },
      (error: Problem) => {
        setBusy(false)
        setProblem(error)
      },
    )
  }
  return (
    <Dialog title="Stop this worker?" isLittle onClose={onClose}>
      <form onSubmit={submit}>
        <div class="dialog-body">
          <ProblemNotice problem={problem} />
          <code class="soft">{name}</code>
          {(Object.keys(MODES) as Mode[]).map((one) => (
            <label key={one}>
              <input type="radio" name="mode" checked={one === mode} onChange={() => setMode(one)} /> {MODES[one]}
            </label>
          ))}
        </div>
        <div class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button class={`button main ${mode === 'force' ? 'danger' : ''}`} disabled={isBusy}>
            Stop
          </button>
        </div>
      </form>
    </Dialog>
  )
}
