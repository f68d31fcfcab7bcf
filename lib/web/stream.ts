/**
 * A stream of events from the server. EventSource comes back by itself after a loss, but gives up when it was refused,
 * and a browser has but six connections for all tabs: so one that was refused is asked for anew, and a tab that nobody
 * looks at lets its streams go until somebody does.
 */
import { streamOf } from './api.ts'

const AGAIN_MS = 1000
/** Longer than a glance at another tab. */
const UNSEEN_MS = 5000

interface Listener {
  /** What to do with the data of each event. */
  readonly on: Readonly<Record<string, (data: unknown) => void>>
  /** Connected; `isAnew`: from the beginning, not where it was lost. */
  opened(isAnew: boolean): void
  lost(): void
}

/** Follows the stream at a path of the API until the function that is returned is called. */
export function follow(path: string, { on, opened, lost }: Listener): () => void {
  let source: EventSource | undefined
  let timer: number | undefined

  const close = (): void => {
    clearTimeout(timer)
    source?.close()
    source = undefined
  }
  const open = (): void => {
    close()
    let isAnew = true
    const mine = new EventSource(streamOf(path))
    source = mine
    mine.addEventListener('open', () => {
      opened(isAnew)
      isAnew = false
    })
    mine.addEventListener('error', () => {
      lost()
      if (mine.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_MS)
    })
    for (const [name, take] of Object.entries(on))
      mine.addEventListener(name, (event) => take(JSON.parse((event as MessageEvent<string>).data)))
  }
  const look = (): void => {
    clearTimeout(timer)
    if (document.hidden) timer = setTimeout(close, UNSEEN_MS)
    else if (!source || source.readyState === EventSource.CLOSED) open()
  }
  document.addEventListener('visibilitychange', look)
  open()
  return () => {
    document.removeEventListener('visibilitychange', look)
    close()
  }
}
