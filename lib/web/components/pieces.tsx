/** Small things that every page is made of. */
import type { ComponentChildren } from 'preact'
import { useNow } from '../clock.ts'
import type { Problem } from '../api.ts'
import { moment, since } from '../format.ts'
import type { State } from '../api-types.ts'
import { Icon, type IconName } from './icons.tsx'
import { say } from './toasts.tsx'

/** What a state is called where there is room for a word. */
export const STATE_NAMES: Record<State, string> = {
  pending: 'Pending',
  scheduled: 'Scheduled',
  processing: 'Processing',
  failed: 'Failed',
  held: 'Held',
  dead: 'Dead',
  completed: 'Completed',
}

export const StateName = ({ state, label }: { readonly state: State; readonly label?: string }) => (
  <span class={`state is-${state}`}>
    <span class="dot" />
    {label ?? STATE_NAMES[state]}
  </span>
)

interface CardProps {
  readonly title: string
  readonly class?: string
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
}

export const Card = ({ title, aside, children, ...rest }: CardProps) => (
  <section class={`card ${rest.class ?? ''}`} aria-label={title}>
    <div class="card-head">
      <h2>{title}</h2>
      {aside}
    </div>
    {children}
  </section>
)

interface EmptyProps {
  readonly icon?: IconName
  readonly title: string
  readonly children?: ComponentChildren
}

export const Empty = ({ icon, title, children }: EmptyProps) => (
  <div class={icon ? 'empty' : 'empty little'}>
    {icon && <Icon name={icon} size={28} />}
    <strong>{title}</strong>
    {children}
  </div>
)

export const ProblemNotice = ({ problem }: { readonly problem: Problem | undefined }) =>
  problem ? (
    <div class="notice" role="alert">
      <span>
        {problem.message}
        {problem.hint && `; ${problem.hint}`}
      </span>
    </div>
  ) : null

/** `3m ago`, with the whole time for whoever points at it. */
export function Since({ at }: { readonly at: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={moment(at, 0)}>
      {since(at, now)}
    </time>
  )
}

export const Copy = ({ text, what }: { readonly text: string; readonly what: string }) => (
  <button
    type="button"
    class="button plain small only-icon"
    aria-label={`Copy ${what}`}
    title={`Copy ${what}`}
    onClick={() => {
      navigator.clipboard.writeText(text).then(
        () => say(`Copied ${what}`),
        () => say('This browser does not let the page copy'),
      )
    }}
  >
    <Icon name="copy" size={14} />
  </button>
)

interface ChoicesProps<T extends string> {
  readonly label: string
  readonly of: readonly T[]
  readonly chosen: T
  readonly onChoose: (one: T) => void
}

export const Choices = <T extends string>({ label, of, chosen, onChoose }: ChoicesProps<T>) => (
  <div class="choices" role="group" aria-label={label}>
    {of.map((one) => (
      <button key={one} type="button" aria-pressed={one === chosen} onClick={() => onChoose(one)}>
        {one}
      </button>
    ))}
  </div>
)
