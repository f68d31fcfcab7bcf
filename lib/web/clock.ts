/** The time. One timer for all components that show ages, idle while the tab is hidden. */
import { useEffect, useState } from 'preact/hooks'

/** Monotonic milliseconds. */
export const monotonicNow = (): number => performance.now()

/** Milliseconds since the epoch. */
export const wallNow = (): number => Date.now()

const listeners = new Set<(now: number) => void>()
let timer: number | undefined

/** Now, in milliseconds; the component is rendered again each second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    listeners.add(setNow)
    timer ??= setInterval(() => {
      if (!document.hidden) for (const listener of listeners) listener(Date.now())
    }, 1000)
    return () => {
      listeners.delete(setNow)
      if (listeners.size === 0) {
        clearInterval(timer)
        timer = undefined
      }
    }
  }, [])
  return now
}
