/** What a list shows in place of its rows when it is empty. */
import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from './icons.tsx'

interface EmptyStateProps {
  readonly icon?: IconName
  readonly title: string
  readonly children?: ComponentChildren
}

export const EmptyState = ({ icon, title, children }: EmptyStateProps) => (
  <div class={icon ? 'empty' : 'empty little'}>
    {icon && <Icon name={icon} size={28} />}
    <strong>{title}</strong>
    {children}
  </div>
)
