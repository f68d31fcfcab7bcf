/** The actions on the selected jobs, and the step from this page to all matching jobs. */
import { ACTION_ORDER, ACTIONS, possibleActions, VALUED_ACTIONS } from '../actions.ts'
import { count } from '../format.ts'
import { useSession } from '../session.ts'
import type { Action, Filter, JobListItem, State } from '../api-types.ts'
import { Icon } from './icons.tsx'

interface SelectionBarProps {
  /** The selected rows of this page. */
  readonly rows: readonly JobListItem[]
  readonly filter: Filter
  readonly total: number
  readonly isPageSelected: boolean
  readonly isAll: boolean
  readonly onAll: () => void
  readonly onClear: () => void
}

export function SelectionBar({ rows, filter, total, isPageSelected, isAll, onAll, onClear }: SelectionBarProps) {
  const { ask } = useSession()
  const which = isAll ? { filter, expected_count: total } : { ids: rows.map(({ id }) => id) }
  const begin = (action: Action): void => ask({ action, which, onDone: onClear })
  const states = filter.state?.split(',') as State[] | undefined
  const all: readonly Action[] = [...ACTION_ORDER, ...VALUED_ACTIONS]
  const possible = isAll ? states : rows.map((row) => row.lies_in)
  const actions = possible ? possibleActions(possible, all) : all
  return (
    <div class="selection-bar" role="region" aria-label="Selected jobs">
      <span role="status">
        <strong>{isAll ? `All ${count(total)} matching` : count(rows.length)}</strong> selected
      </span>
      {!isAll && isPageSelected && total > rows.length && (
        <button type="button" class="linklike" onClick={onAll}>
          Select all {count(total)} matching
        </button>
      )}
      <span class="actions">
        {actions.map((action) => (
          <button key={action} type="button" class="button small" onClick={() => begin(action)}>
            <Icon name={ACTIONS[action].icon} size={14} /> {ACTIONS[action].label}
          </button>
        ))}
        <button type="button" class="button plain small" onClick={onClear}>
          Clear
        </button>
      </span>
    </div>
  )
}
