/** A button that opens a box of choices. A click elsewhere and Escape close it. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from './icons.tsx'

interface MenuProps {
  readonly label: string
  readonly children: ComponentChildren
}

export function Menu({ label, children }: MenuProps) {
  const menu = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    const close = (event: Event): void => {
      const isOther =
        event instanceof KeyboardEvent ? event.key === 'Escape' : !menu.current?.contains(event.target as Node)
      if (menu.current && isOther) menu.current.open = false
    }
    document.addEventListener('click', close)
    document.addEventListener('keydown', close)
    return () => {
      document.removeEventListener('click', close)
      document.removeEventListener('keydown', close)
    }
  }, [])
  return (
    <details class="menu" ref={menu}>
      <summary class="button">
        {label} <Icon name="down" size={12} />
      </summary>
      <div class="menu-body">{children}</div>
    </details>
  )
}
