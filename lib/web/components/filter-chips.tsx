/** What the list is filtered by: a chip for each filter, which removes it, and a choice of queues while there is none. */
import { FILTER_LABELS } from '../filter.ts'
import { useNow } from '../clock.ts'
import { clockTime } from '../format.ts'
import { useResource } from '../refetch.ts'
import type { Filter, ListOf, QueueRow } from '../api-types.ts'
import { Icon } from './icons.tsx'

interface FilterChipsProps {
  readonly filter: Filter
  readonly narrow: (more: Filter) => void
}

/** The text has no chip: it stands in the search field. */
const CHIPS = ['state', 'queue', 'tag', 'error', 'fingerprint', 'since', 'until'] as const

export function FilterChips({ filter, narrow }: FilterChipsProps) {
  const now = useNow()
  const queues = useResource<ListOf<QueueRow>>('/queues', ['jobs']).data?.items ?? []
  return (
    <>
      {queues.length > 1 && !filter.queue && (
        <label>
          <span class="unseen">Queue</span>
          <select class="field" value="" onChange={(event) => narrow({ queue: event.currentTarget.value })}>
            <option value="">All queues</option>
            {queues.map(({ queue }) => (
              <option key={queue} value={queue}>
                {queue}
              </option>
            ))}
          </select>
        </label>
      )}
      {CHIPS.map((name) => {
        const value = filter[name]
        return (
          value !== undefined && (
            <button
              key={name}
              type="button"
              class="button chip"
              onClick={() => narrow({ [name]: '' })}
              aria-label={`Remove the filter ${FILTER_LABELS[name]} ${value}`}
            >
              <span class="faint">{FILTER_LABELS[name]}</span>
              <span class="cut">{name === 'since' || name === 'until' ? clockTime(value, now) : value}</span>
              <Icon name="close" size={12} />
            </button>
          )
        )
      })}
    </>
  )
}
