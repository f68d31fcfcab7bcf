/** The pause of a queue, as its file `queues/<queue>.paused` says it. Pure. */
import { roughDuration, timeUntil } from './time-text.ts'
import { parseInstant } from './time.ts'

export interface Pause {
  readonly reason?: string
  /** Who paused it, and when (ISO 8601); absent in a file that was made by hand. */
  readonly by?: string
  readonly at?: string
  /** It ends by itself then (ISO 8601). */
  readonly until?: string
}

/** Names the pause of all queues in place of a queue. No queue is called so: their names start with a letter or digit. */
export const ALL_QUEUES = '_all'

/** Pauses by queue, or by {@link ALL_QUEUES}. */
export type Pauses = ReadonlyMap<string, Pause>

/** What keeps the jobs of a queue waiting; `all`: the pause of all queues, not one of its own. */
export type QueuePause = Pause & { readonly all: boolean }

/** The pause of a queue, else that of all; undefined when there is none. @param queue undefined: it is not known which */
export function pauseOf(pauses: Pauses, queue: string | undefined): QueuePause | undefined {
  const own = queue === undefined ? undefined : pauses.get(queue)
  const pause = own ?? pauses.get(ALL_QUEUES)
  return pause && { ...pause, all: own === undefined }
}

/**
 * Reads the file of a pause. Any text is a pause, so that `touch` makes one: its first line is the reason.
 * @param text undefined: there is something that cannot be read, which is a pause too
 */
export function parsePause(text: string | undefined): Pause {
  const first = text?.trim().split('\n')[0]?.trim() ?? ''
  if (!first.startsWith('{')) return first === '' ? {} : { reason: first }
  let members: Readonly<Record<string, unknown>>
  try {
    members = JSON.parse(text ?? '') as typeof members
  } catch {
    return { reason: first }
  }
  const known = (['reason', 'by', 'at', 'until'] as const).flatMap((name) => {
    const value = members[name]
    const isTime = name === 'at' || name === 'until'
    return typeof value === 'string' && (!isTime || parseInstant(value) !== undefined) ? [[name, value]] : []
  })
  return Object.fromEntries(known) as Pause
}

/** Has its end passed? @param now milliseconds */
export const isPauseOver = ({ until }: Pause, now: number): boolean =>
  until !== undefined && (parseInstant(until) ?? now + 1) <= now

/** For how long it is paused, when that ends, and why; empty when its file says nothing of this. @param now milliseconds */
export function pauseWords({ at, until, reason }: Pause, now: number): string {
  const times = [
    ...(at === undefined ? [] : [`for ${roughDuration(now - Date.parse(at))}`]),
    ...(until === undefined ? [] : [`ends ${timeUntil(until, now)}`]),
  ].join(', ')
  return [times, reason ?? ''].filter((part) => part !== '').join(': ')
}
