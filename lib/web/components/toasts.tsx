/** Short messages in the corner of the page about what was done or failed. */
import { useEffect, useState } from 'preact/hooks'
import type { Problem } from '../api.ts'
import { Icon } from './icons.tsx'

interface Toast {
  readonly id: number
  readonly text: string
  readonly hint?: string | undefined
  readonly isBad: boolean
}

let toasts: readonly Toast[] = []
let last = 0
const listeners = new Set<(toasts: readonly Toast[]) => void>()

function set(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener(next)
}

const drop = (id: number): void => set(toasts.filter((toast) => toast.id !== id))

function add(toast: Omit<Toast, 'id'>, ms: number): void {
  const id = ++last
  set([...toasts.slice(-3), { ...toast, id }])
  setTimeout(() => drop(id), ms)
}

export const showToast = (text: string): void => add({ text, isBad: false }, 4000)
export const showProblem = ({ message, hint }: Problem): void => add({ text: message, hint, isBad: true }, 9000)

export function Toasts() {
  const [shown, setShown] = useState(toasts)
  useEffect(() => {
    listeners.add(setShown)
    return () => {
      listeners.delete(setShown)
    }
  }, [])
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text, hint, isBad }) => (
        <div key={id} class={isBad ? 'toast bad' : 'toast'}>
          <p>
            {text}
            {hint && <span class="hint">; {hint}</span>}
          </p>
          <button class="button plain small only-icon" aria-label="Dismiss" onClick={() => drop(id)}>
            <Icon name="close" size={12} />
          </button>
        </div>
      ))}
    </div>
  )
}
