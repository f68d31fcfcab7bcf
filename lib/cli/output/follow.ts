/**
 * Following a job on the terminal: its output by a view, what becomes of it on stderr, and letting go of it on Ctrl-C
 * or when the time is up. The job goes on then, unless it is to be cancelled.
 */
import { nowMs } from '../../clock.ts'
import type { Job } from '../../job/job.ts'
import type { FollowEvent, FollowOptions, Queue } from '../../queue.ts'
import { onInterrupt } from '../signals.ts'
import { until, visible } from './text.ts'
import type { Io } from '../terminal.ts'
import type { View } from './follow-format.ts'

export interface Options extends FollowOptions {
  readonly view: View
  /** Cancel the job on Ctrl-C, instead of letting go of it? */
  readonly cancels?: boolean
  /** Let go of the job after so many seconds. */
  readonly detachAfter?: number
  /** Looks after the job while nothing is heard of it. */
  readonly tend?: (job: Job) => Promise<void>
}

/** The job when it was over (undefined: removed), or the exit status of whatever made us let go of it before. */
export type Result = { readonly job: Job | undefined } | { readonly let: number }

const STILL_RUNNING = 75

export async function followOnScreen(queue: Queue, io: Io, id: string, options: Options): Promise<Result> {
  const { view, cancels, detachAfter, tend, ...how } = options
  const cut = new AbortController()
  let status = 0
  const letGo = (by: number): void => {
    status ||= by
    cut.abort()
  }
  const forget = onInterrupt((by) => {
    if (!cancels) return letGo(by)
    status = by
    void cancelled(queue, io, id)
  })
  const timer = detachAfter === undefined ? undefined : setTimeout(() => letGo(STILL_RUNNING), detachAfter * 1000)
  const talk = new Talk(io)
  try {
    for await (const one of queue.follow(id, { ...how, signal: cut.signal })) {
      if (one.kind === 'wrote') view.show(one)
      else if (one.kind !== 'idle') view.flush()
      talk.hear(one)
      if (one.kind === 'ended') return status ? { let: status } : { job: one.job }
      if (tend && (one.kind === 'idle' || one.kind === 'waits')) await tend(one.job)
      if (io.isOver) break
    }
  } finally {
    forget()
    clearTimeout(timer)
  }
  view.flush()
  return { let: status }
}

async function cancelled(queue: Queue, io: Io, id: string): Promise<void> {
  try {
    io.say(`cancelling ${id}`)
    await queue.cancel(id, 'interrupted by Ctrl-C')
  } catch (error) {
    // It ended in between: whoever follows it sees that.
    io.say(error instanceof Error ? error.message : String(error))
  }
}

/** Says why there is nothing to see. */
class Talk {
  readonly #io: Io
  #pending = false

  constructor(io: Io) {
    this.#io = io
  }

  hear(one: FollowEvent): void {
    if (one.kind === 'began') this.#pending = false
    if (one.kind === 'waits') this.#waits(one.job)
    // A job that is taken at once need not be talked about.
    if (one.kind === 'idle' && this.#pending) {
      this.#pending = false
      this.#io.say(`${one.job.id} is pending`)
    }
  }

  #waits(job: Job): void {
    const { id, state, runs, last_error = 'failed' } = job
    const at = (iso: string | undefined): string => (iso === undefined ? '' : until(iso, nowMs()))
    if (state === 'failed')
      this.#io.say(`run ${runs} of ${id}: ${visible(last_error)}; next try ${at(job.next_retry_at)}`)
    else if (state === 'scheduled') this.#io.say(`${id} runs ${at(job.run_at)}`)
    else if (state === 'held') this.#io.say(`${id} is held`)
    else this.#pending = state === 'pending'
  }
}
