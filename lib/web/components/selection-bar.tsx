/** What can be done to the chosen jobs, and the way from those on this page to all that match. */
import { ACTION_ORDER, DEEDS, possible } from '../actions.ts'
import { count } from '../format.ts'
import { useSession } from '../session.ts'
import type { Action, Filter, Row, State } from '../api-types.ts'
import { Icon } from './icons.tsx'

interface ChosenBarProps {
  /** The chosen ones on this page. */
  readonly rows: readonly Row[]
  readonly filter: Filter
  readonly total: number
  readonly isPageChosen: boolean
  readonly isAll: boolean
  readonly onAll: () => void
  readonly onClear: () => void
}

export function ChosenBar({ rows, filter, total, isPageChosen, isAll, onAll, onClear }: ChosenBarProps) {
  const { ask } = useSession()
  const which = isAll ? { filter, expected_count: total } : { ids: rows.map(({ id }) => id) }
  const begin = (action: Action): void => ask({ action, which, onDone: onClear })
  const states = filter.state?.split(',') as State[] | undefined
  const actions = isAll ? (states ? possible(states) : ACTION_ORDER) : possible(rows.map((row) => row.lies_in))
  return (
    <div class="chosen-bar" role="region" aria-label="Chosen jobs">
      <span role="status">
        <strong>{isAll ? `All ${count(total)} matching` : count(rows.length)}</strong> chosen
      </span>
      {!isAll && isPageChosen && total > rows.length && (
        <button type="button" class="linklike" onClick={onAll}>
          Choose all {count(total)} matching
        </button>
      )}
      <span class="actions">
        {actions.map((action) => (
          <button
            key={action}
            type="button"
            class={`button small${DEEDS[action].warning ? ' danger' : ''}`}
            onClick={() => begin(action)}
          >
            <Icon name={DEEDS[action].icon} size={14} /> {DEEDS[action].label}
          </button>
        ))}
        <button type="button" class="button plain small" onClick={onClear}>
          Clear
        </button>
      </span>
    </div>
  )
}
