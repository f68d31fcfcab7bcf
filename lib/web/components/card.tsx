/** A titled box with an optional element at the right of its title. */
import type { ComponentChildren } from 'preact'

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
