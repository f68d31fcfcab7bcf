/**
 * The keyboard: one table of what keys do, which is also what the help lists. A key stands in the help exactly while a
 * page answers it.
 */
import { useLayoutEffect } from 'preact/hooks'

export interface Shortcut {
  /** One key, or two typed one after the other: `g j`. As in KeyboardEvent.key. */
  readonly keys: string
  readonly does: string
  /** Where the help lists it. */
  readonly group: 'Anywhere' | 'Go to' | 'List' | 'Job'
  run(): void
}

const active = new Set<readonly Shortcut[]>()

/** What can be typed now, in the order it was registered. */
export const shortcuts = (): Shortcut[] => [...active].flat()

/** While the component is shown, these keys work. */
export function useShortcuts(list: readonly Shortcut[]): void {
  // Before the page is seen: the next key may come at once.
  useLayoutEffect(() => {
    active.add(list)
    return () => {
      active.delete(list)
    }
  })
}

const SECOND_KEY_MS = 1000
let first = ''
let firstAt = 0

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
  // A dialog has the keyboard to itself; Escape closes it, the browser sees to that.
  if (document.querySelector('dialog[open]')) return
  if (isTyping(event.target)) {
    if (event.key === 'Escape') (event.target as HTMLElement).blur()
    return
  }
  const pair = event.timeStamp - firstAt < SECOND_KEY_MS ? `${first} ${event.key}` : ''
  // The page shown last is asked first.
  const known = shortcuts().reverse()
  const found = known.find(({ keys }) => keys === pair) ?? known.find(({ keys }) => keys === event.key)
  first = event.key
  firstAt = event.timeStamp
  // Enter belongs to the link or button that has the focus.
  if (!found || (event.key === 'Enter' && isControl(event.target))) return
  event.preventDefault()
  first = ''
  found.run()
})

const isControl = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('a, button, summary') !== null
