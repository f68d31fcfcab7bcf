/** Calls functions of a program for events of the journal. */
import { nearest, QueueError } from '../errors.ts'
import { type Event, EVENT_KINDS, type EventKind } from './journal.ts'
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

const KINDS: readonly string[] = [...EVENT_KINDS, 'dead', '*']

/** @returns a function that ends it @throws QueueError USAGE when there is no such kind */
export function listen(home: Home, kind: ListenedKind, listener: Listener, options: ListenOptions = {}): () => void {
  if (!KINDS.includes(kind)) {
    const close = typeof kind === 'string' ? nearest(kind, KINDS) : undefined
    throw new QueueError(
      'USAGE',
      `there are no events of the kind ${JSON.stringify(kind)}`,
      close === undefined ? `there are: ${KINDS.join(', ')}` : `did you mean ${close}?`,
    )
  }
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
