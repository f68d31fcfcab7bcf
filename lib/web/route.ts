/**
 * Where in the dashboard one is: the path and the query of the address bar, which hold all that a page shows. The back
 * button, a reload and a copied link lead to the same view.
 */
import { useEffect, useState } from 'preact/hooks'

const listeners = new Set<() => void>()
const changed = (): void => {
  for (const listener of listeners) listener()
}

/** Goes to an address of ours. `replace`: as a correction of this one, not as a step back can undo. */
export function go(where: string, how: 'push' | 'replace' = 'push'): void {
  if (where === location.pathname + location.search) return
  const isNewPage = new URL(where, location.origin).pathname !== location.pathname
  if (how === 'push') history.pushState(null, '', where)
  else history.replaceState(null, '', where)
  if (isNewPage) scrollTo(0, 0)
  changed()
}

addEventListener('popstate', changed)

// Links stay plain links, which open in a new tab as anywhere; a plain click on one of ours does not load the page anew.
document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return
  const link = (event.target as Element).closest?.('a')
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return
  if (link.pathname.startsWith('/api/') || link.pathname.startsWith('/metrics')) return
  event.preventDefault()
  go(link.pathname + link.search)
})

export interface Place {
  readonly path: string
  readonly query: URLSearchParams
}

export function usePlace(): Place {
  const [, again] = useState(0)
  useEffect(() => {
    const listener = (): void => again((count) => count + 1)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }, [])
  return { path: location.pathname, query: new URLSearchParams(location.search) }
}
