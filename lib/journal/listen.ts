/** Calls functions of a program for events of the journal. */
import type { Event, EventKind } from './journal.ts'
import { followOffsets } from './follow.ts'
import type { JournalOffset } from './live.ts'
import type { Home } from '../spool/layout.ts'

/** What can be listened to; `dead`: a job has gone to the dead letter queue; `*`: anything. */
export type ListenedKind = EventKind | 'dead' | '*'

export interface ListenOptions {
  /** Goes on after what was seen before: the offset that a listener was given last. Default: from now on. */
  readonly after?: JournalOffset
  /** Ends it, as the function that is returned does. */
  readonly signal?: AbortSignal
}

/** @param next where to go on after this event, in this process or another one */
export type Listener = (event: Event, next: JournalOffset) => void

/** @returns a function that ends it */
export function listen(home: Home, kind: ListenedKind, listener: Listener, options: ListenOptions = {}): () => void {
  const ended = new AbortController()
  const end = (): void => ended.abort()
  if (options.signal?.aborted) end()
  options.signal?.addEventListener('abort', end, { once: true })
  const wanted = kind === 'dead' ? 'dlq' : kind
  const run = async (): Promise<void> => {
    for await (const { event, next } of followOffsets(home, ended.signal, options.after)) {
      if (ended.signal.aborted) return
      if (wanted === '*' || event.event === wanted) listener(event, next)
    }
  }
  // What a listener throws is its program's, as with an EventEmitter: nobody waits for us who could catch it.
  run().catch((error: unknown) => {
    process.nextTick(() => {
      throw error
    })
  })
  return end
}
