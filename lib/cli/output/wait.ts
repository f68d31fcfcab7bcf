/** Waits for jobs to end, and sums up their exit statuses. */
import { mayAnswer } from '../../spool/silence.ts'
import { QueueError } from '../../errors.ts'
import type { Job } from '../../job/job.ts'
import { exitStatus } from '../../job/exit-status.ts'
import { durationText } from '../../journal/describe.ts'
import type { EndedJob, JobRefOrId, Queue } from '../../queue.ts'
import { onInterrupt } from '../signals.ts'
import { plural } from './text.ts'
import { visible } from '../../job/sanitize.ts'
import type { Io } from '../terminal.ts'

/** How a job has ended. */
export interface JobEnd {
  readonly id: string
  readonly job: Job | undefined
  readonly status: number
  readonly line: string
}

interface WaitOptions {
  /** Called for each job as it ends. */
  readonly onEnd: (one: JobEnd) => void
  /** Stop at the first one. */
  readonly any?: boolean
  /** Seconds. */
  readonly timeout?: number
}

/** After this long without a job that ended, hint if no worker is running (ms). */
const HINT_AFTER_MS = 1000

/** The maximum of a Node.js timer. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The exit status of a job that has ended, and a line that says how. */
export function describeEnd({ id, job }: EndedJob): JobEnd {
  const status = exitStatus(job)
  const took = job?.duration_ms === undefined ? '' : ` in ${durationText(job.duration_ms)}`
  if (job === undefined) return { id, job, status, line: `${id} was removed by hand` }
  if (job.state === 'completed') return { id, job, status, line: `${id} completed${took}` }
  return { id, job, status, line: `${id} is dead: ${visible(job.last_error ?? `exit code ${status}`)}` }
}

/**
 * Waits until all jobs have ended or, with `any`, one.
 * @returns the first exit status other than 0; with `any`, that of the first to end
 * @throws QueueError STILL_RUNNING when the time is up
 */
export async function waitFor(
  queue: Queue,
  io: Io,
  jobs: readonly JobRefOrId[],
  options: WaitOptions,
): Promise<number> {
  const stop = new AbortController()
  let interrupted = 0
  const removeHandlers = onInterrupt((status) => {
    interrupted = status
    stop.abort()
  })
  const { timeout } = options
  const limit =
    timeout === undefined ? undefined : setTimeout(() => stop.abort(), Math.min(timeout * 1000, MAX_TIMER_MS))
  const hint = setTimeout(() => void hintIfNoWorker(queue, io), HINT_AFTER_MS)
  const ended = new Map<string, JobEnd>()
  try {
    for await (const one of queue.ends(jobs, { signal: stop.signal })) {
      clearTimeout(hint)
      const end = describeEnd(one)
      ended.set(one.id, end)
      options.onEnd(end)
      if (options.any) return end.status
    }
  } finally {
    removeHandlers()
    clearTimeout(limit)
    clearTimeout(hint)
  }
  if (interrupted) return interrupted
  const left = new Set(jobs.map(idOf)).size - ended.size
  if (stop.signal.aborted && left > 0)
    throw new QueueError(
      'STILL_RUNNING',
      `${left} of ${plural(jobs.length, 'job')} not over after ${timeout} s`,
      'they go on; see them with: queuectl list',
    )
  return [...ended.values()].find(({ status }) => status !== 0)?.status ?? 0
}

const idOf = (job: JobRefOrId): string => (typeof job === 'string' ? job : job.id)

async function hintIfNoWorker(queue: Queue, io: Io): Promise<void> {
  if (!io.stderrIsTerminal) return
  const workers = await queue.workers()
  if (!workers.some(mayAnswer)) io.message('hint: no worker is running; start one with: queuectl worker start')
}
