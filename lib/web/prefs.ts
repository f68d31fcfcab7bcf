/** What this browser remembers of how its user likes the pages. */
import { useEffect, useState } from 'preact/hooks'

const keyOf = (name: string): string => `queuectl.${name}`

/** Lasts until the page is closed where storage is forbidden. */
const kept = new Map<string, unknown>()
const listeners = new Set<() => void>()

function readStored(name: string): unknown {
  if (kept.has(name)) return kept.get(name)
  try {
    return JSON.parse(localStorage.getItem(keyOf(name)) ?? 'null')
  } catch {
    // Forbidden, or not ours: the default applies.
    return null
  }
}

/** A remembered value. @param check what was stored, if it is one of the values that this version knows */
export function readPref<T>(name: string, check: (stored: unknown) => T): T {
  return check(readStored(name))
}

export function writePref(name: string, value: unknown): void {
  kept.set(name, value)
  try {
    localStorage.setItem(keyOf(name), JSON.stringify(value))
  } catch {
    // Storage may be forbidden or full; the value counts until the page is closed.
  }
  for (const listener of listeners) listener()
}

export function usePref<T>(name: string, check: (stored: unknown) => T): [T, (value: T) => void] {
  const [, again] = useState(0)
  useEffect(() => {
    const listener = (): void => again((n) => n + 1)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }, [])
  return [readPref(name, check), (value) => writePref(name, value)]
}

/** One of these words; the first is the default. */
export const oneOf =
  <const T extends string>(words: readonly [T, ...T[]]) =>
  (stored: unknown): T =>
    words.find((word) => word === stored) ?? words[0]
