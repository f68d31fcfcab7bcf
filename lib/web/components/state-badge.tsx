/** The state of a job as a coloured dot and a word. */
import type { State } from '../api-types.ts'

export const STATE_NAMES: Record<State, string> = {
  pending: 'Pending',
  scheduled: 'Scheduled',
  waiting: 'Waiting',
  processing: 'Processing',
  failed: 'Failed',
  held: 'Held',
  dead: 'Dead',
  completed: 'Completed',
}

export const StateBadge = ({ state, label }: { readonly state: State; readonly label?: string }) => (
  <span class={`state is-${state}`}>
    <span class="dot" />
    {label ?? STATE_NAMES[state]}
  </span>
)
