/**
 * Follows an event stream of the server. EventSource reconnects after a lost connection but gives up when refused, so a
 * refused stream is opened again. A browser has only six connections for all tabs, so a hidden tab closes its streams
 * until it is shown.
 */
import { apiUrl } from './api.ts'

const RETRY_MS = 1000
/** A hidden tab closes its streams after this time (ms). */
const HIDDEN_MS = 5000

interface StreamHandlers {
  /** Handlers of the parsed data, by event. */
  readonly on: Readonly<Record<string, (data: unknown) => void>>
  /** Connected; `isNew` when the stream starts over rather than continuing where it was lost. */
  opened(isNew: boolean): void
  lost(): void
}

/** Follows the stream at a path of the API until the returned function is called. */
export function followStream(path: string, { on, opened, lost }: StreamHandlers): () => void {
  let source: EventSource | undefined
  let timer: number | undefined

  const close = (): void => {
    clearTimeout(timer)
    source?.close()
    source = undefined
  }
  const open = (): void => {
    close()
    let isNew = true
    const current = new EventSource(apiUrl(path))
    source = current
    current.addEventListener('open', () => {
      opened(isNew)
      isNew = false
    })
    current.addEventListener('error', () => {
      lost()
      if (current.readyState === EventSource.CLOSED) timer = setTimeout(open, RETRY_MS)
    })
    for (const [name, take] of Object.entries(on))
      current.addEventListener(name, (event) => take(JSON.parse((event as MessageEvent<string>).data)))
  }
  const onVisibility = (): void => {
    clearTimeout(timer)
    if (document.hidden) timer = setTimeout(close, HIDDEN_MS)
    else if (!source || source.readyState === EventSource.CLOSED) open()
  }
  document.addEventListener('visibilitychange', onVisibility)
  open()
  return () => {
    document.removeEventListener('visibilitychange', onVisibility)
    close()
  }
}
