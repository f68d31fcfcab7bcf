/** Keyboard shortcuts: one table for handling keys and for the help, which lists exactly the keys that work now. */
import { useLayoutEffect, useRef } from 'preact/hooks'

export interface Shortcut {
  /** One key, two in sequence: `g j`, or with Ctrl (on a Mac also Cmd): `Ctrl-K`. Named as in KeyboardEvent.key. */
  readonly keys: string
  readonly does: string
  /** Where the help lists it. */
  readonly group: 'Anywhere' | 'Go to' | 'List' | 'Job' | 'Queue' | 'Schedule'
  run(): void
}

const registered = new Set<{ readonly current: readonly Shortcut[] }>()

/** The shortcuts that work now, in the order their components were mounted. */
export const activeShortcuts = (): Shortcut[] => [...registered].flatMap(({ current }) => current)

/** Registers shortcuts while the component is mounted. Rendered again, it keeps its place among the others. */
export function useShortcuts(list: readonly Shortcut[]): void {
  const latest = useRef(list)
  latest.current = list
  // Before the page is painted: the next key may come at once.
  useLayoutEffect(() => {
    registered.add(latest)
    return () => {
      registered.delete(latest)
    }
  }, [])
}

const SECOND_KEY_MS = 1000
let first = ''
let firstAt = 0

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null

document.addEventListener('keydown', (event) => {
  if (event.altKey || event.defaultPrevented) return
  if (event.ctrlKey || event.metaKey) {
    const chord = activeShortcuts().find(({ keys }) => keys === `Ctrl-${event.key.toUpperCase()}`)
    if (!chord || document.querySelector('dialog[open]')) return
    event.preventDefault()
    chord.run()
    return
  }
  // An open dialog gets all keys; the browser closes it on Escape.
  if (document.querySelector('dialog[open]')) return
  if (isTyping(event.target)) {
    if (event.key === 'Escape') (event.target as HTMLElement).blur()
    return
  }
  const pair = event.timeStamp - firstAt < SECOND_KEY_MS ? `${first} ${event.key}` : ''
  // The component mounted last comes first.
  const known = activeShortcuts().reverse()
  const found = known.find(({ keys }) => keys === pair) ?? known.find(({ keys }) => keys === event.key)
  first = event.key
  firstAt = event.timeStamp
  // Enter activates the focused link or button.
  if (!found || (event.key === 'Enter' && isControl(event.target))) return
  event.preventDefault()
  first = ''
  found.run()
})

const isControl = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('a, button, summary') !== null
