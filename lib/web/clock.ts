/** The time. For what shows ages one timer for the page, which rests while nobody looks. */
import { useEffect, useState } from 'preact/hooks'

/** Milliseconds that only ever go forward. */
export const ticks = (): number => performance.now()

const listeners = new Set<(now: number) => void>()
let timer: number | undefined

/** Now, in milliseconds; the component is drawn again each second. */
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
