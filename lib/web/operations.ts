/** The long changes of the server: those that run, or have ended while this page was open. */
import { useEffect, useState } from 'preact/hooks'
import { get } from './api.ts'
import type { ListOf, Operation } from './api-types.ts'
import { refreshAll } from './refetch.ts'

const POLL_MS = 500

let shown: readonly Operation[] = []
let timer: number | undefined
const listeners = new Set<() => void>()

function show(operations: readonly Operation[]): void {
  shown = operations
  for (const listener of listeners) listener()
}

/** Shows an operation, and how far it is until it has ended. */
export function follow(operation: Operation): void {
  show([...shown.filter(({ id }) => id !== operation.id), operation])
  if (operation.state === 'running') timer ??= setTimeout(() => void poll(), POLL_MS)
}

export function dismiss(id: string): void {
  show(shown.filter((one) => one.id !== id))
}

async function poll(): Promise<void> {
  const before = new Map(shown.map((one) => [one.id, one]))
  // An answer that failed shows what was known; the next may come.
  const { items } = await get<ListOf<Operation>>('/operations').catch(() => ({ items: [] as readonly Operation[] }))
  timer = undefined
  for (const now of items) {
    const known = before.get(now.id)
    if (known ? known.state === 'running' : now.state === 'running') follow(now)
    if (known?.state === 'running' && now.state !== 'running') refreshAll()
  }
  if (shown.some(({ state }) => state === 'running')) timer ??= setTimeout(() => void poll(), POLL_MS)
}

export function useOperations(): readonly Operation[] {
  const [, again] = useState(0)
  useEffect(() => {
    const listener = (): void => again((n) => n + 1)
    listeners.add(listener)
    // One may have been begun before this page was opened.
    void poll()
    return () => {
      listeners.delete(listener)
    }
  }, [])
  return shown
}
