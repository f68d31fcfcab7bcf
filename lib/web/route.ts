/**
 * The current page: the path and query of the address bar, which define the whole view. Back, reload and a copied link
 * lead to the same view.
 */
import { useEffect, useState } from 'preact/hooks'

const listeners = new Set<() => void>()
const notifyListeners = (): void => {
  for (const listener of listeners) listener()
}

/** Goes to an address of the dashboard; `replace` adds no step to the history. */
export function navigate(where: string, how: 'push' | 'replace' = 'push'): void {
  if (where === location.pathname + location.search + location.hash) return
  const isNewPage = new URL(where, location.origin).pathname !== location.pathname
  if (how === 'push') history.pushState(null, '', where)
  else history.replaceState(null, '', where)
  if (isNewPage) scrollTo(0, 0)
  notifyListeners()
}

addEventListener('popstate', notifyListeners)

// Links are plain links and open in a new tab as usual; a plain click on an internal one does not reload the page.
document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return
  const link = (event.target as Element).closest?.('a')
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return
  if (link.pathname.startsWith('/api/') || link.pathname.startsWith('/metrics')) return
  event.preventDefault()
  navigate(link.pathname + link.search + link.hash)
})

export interface Route {
  readonly path: string
  readonly query: URLSearchParams
  /** With its `#`; empty without one. */
  readonly hash: string
}

export function useRoute(): Route {
  const [, again] = useState(0)
  useEffect(() => {
    const listener = (): void => again((count) => count + 1)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }, [])
  return { path: location.pathname, query: new URLSearchParams(location.search), hash: location.hash }
}
