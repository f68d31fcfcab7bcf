/** How far the long changes are, above the foot of the page, with the button that ends each. */
import { ACTIONS } from '../actions.ts'
import { post, type Problem } from '../api.ts'
import type { Operation } from '../api-types.ts'
import { count, countNoun } from '../format.ts'
import { dismiss, follow, useOperations } from '../operations.ts'
import { useSession } from '../session.ts'
import { showProblem } from './toasts.tsx'

export function OperationBars() {
  const operations = useOperations()
  return (
    <>
      {operations.map((one) => (
        <OperationBar key={one.id} operation={one} />
      ))}
    </>
  )
}

function OperationBar({ operation }: { readonly operation: Operation }) {
  const { isReadOnly } = useSession()
  const { id, action, state, matched, changed, skipped_count: skipped, error } = operation
  const isRunning = state === 'running'
  const cancel = (): void => {
    post<Operation>(`/operations/${id}/cancel`).then(follow, (problem: Problem) => showProblem(problem))
  }
  return (
    <section class="operation" aria-label="A long change">
      <span>
        <strong>{ACTIONS[action].label}</strong> {isRunning ? '' : state === 'cancelled' ? 'stopped' : state}{' '}
        <span class="soft">
          {count(changed)} of {countNoun(matched, 'job')} {ACTIONS[action].done}
          {skipped > 0 && `, ${count(skipped)} skipped`}
          {error !== undefined && `: ${error}`}
        </span>
      </span>
      <progress value={changed + skipped} max={Math.max(1, matched)} aria-label="Jobs done" />
      {isRunning ? (
        !isReadOnly && (
          <button type="button" class="button small" onClick={cancel}>
            Stop
          </button>
        )
      ) : (
        <button type="button" class="button plain small" onClick={() => dismiss(id)}>
          Close
        </button>
      )}
    </section>
  )
}
