/**
 * Follows a job: prints its output through a view and its state changes to stderr. Detaches on Ctrl-C or when the time
 * is up; the job keeps running unless Ctrl-C is to cancel it.
 */
import { nowMs } from '../../clock.ts'
import { waitsFor } from '../../job/after.ts'
import type { Job } from '../../job/job.ts'
import type { FollowEvent, FollowOptions, Queue } from '../../queue.ts'
import { onInterrupt } from '../signals.ts'
import { visible } from '../../job/sanitize.ts'
import type { Io } from '../terminal.ts'
import type { FollowView } from './follow-format.ts'
import { timeUntil } from '../../job/time-text.ts'

export interface FollowScreenOptions extends FollowOptions {
  readonly view: FollowView
  /** Ctrl-C cancels the job instead of detaching from it. */
  readonly cancelOnInterrupt?: boolean
  /** Detach after this long (s). */
  readonly detachAfter?: number
  /** Called while the job waits. */
  readonly onIdle?: (job: Job) => Promise<void>
}

/** The job when it ended (undefined: removed), or the exit status when we detached before. */
export type FollowResult = { readonly job: Job | undefined } | { readonly detached: number }

const STILL_RUNNING = 75

export async function followOnScreen(
  queue: Queue,
  io: Io,
  id: string,
  options: FollowScreenOptions,
): Promise<FollowResult> {
  const { view, cancelOnInterrupt, detachAfter, onIdle, ...how } = options
  const detach = new AbortController()
  let status = 0
  const detachWith = (reason: number): void => {
    status ||= reason
    detach.abort()
  }
  const removeHandlers = onInterrupt((signalStatus) => {
    if (!cancelOnInterrupt) return detachWith(signalStatus)
    status = signalStatus
    void cancelJob(queue, io, id)
  })
  const timer = detachAfter === undefined ? undefined : setTimeout(() => detachWith(STILL_RUNNING), detachAfter * 1000)
  const messages = new StateMessages(io)
  try {
    for await (const event of queue.follow(id, { ...how, signal: detach.signal })) {
      if (event.kind === 'wrote') view.show(event)
      else if (event.kind !== 'idle') view.flush()
      messages.report(event)
      if (event.kind === 'ended') return status ? { detached: status } : { job: event.job }
      if (onIdle && (event.kind === 'idle' || event.kind === 'waits')) await onIdle(event.job)
      if (io.isReaderGone) break
    }
  } finally {
    removeHandlers()
    clearTimeout(timer)
  }
  view.flush()
  return { detached: status }
}

async function cancelJob(queue: Queue, io: Io, id: string): Promise<void> {
  try {
    io.message(`cancelling ${id}`)
    await queue.cancel(id, 'interrupted by Ctrl-C')
  } catch (error) {
    // It may have ended in between, which following it reports.
    io.message(error instanceof Error ? error.message : String(error))
  }
}

/** Reports why there is no output yet. */
class StateMessages {
  readonly #io: Io
  #pending = false

  constructor(io: Io) {
    this.#io = io
  }

  report(event: FollowEvent): void {
    if (event.kind === 'began') this.#pending = false
    if (event.kind === 'waits') this.#reportWaiting(event.job)
    // No message for a job that a worker takes at once.
    if (event.kind === 'idle' && this.#pending) {
      this.#pending = false
      this.#io.message(`${event.job.id} is pending`)
    }
  }

  #reportWaiting(job: Job): void {
    const { id, state, runs, last_error = 'failed' } = job
    const at = (iso: string | undefined): string => (iso === undefined ? '' : timeUntil(iso, nowMs()))
    if (state === 'failed')
      this.#io.message(`run ${runs} of ${id}: ${visible(last_error)}; next try ${at(job.next_retry_at)}`)
    else if (state === 'scheduled') this.#io.message(`${id} runs ${at(job.run_at)}`)
    else if (state === 'waiting') this.#io.message(`${id} waits for ${waitsFor(job).join(', ')}`)
    else if (state === 'held') this.#io.message(`${id} is held`)
    else this.#pending = state === 'pending'
  }
}
