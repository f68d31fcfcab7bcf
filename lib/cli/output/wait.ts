/** Waiting for jobs to end, with an exit status that stands for them. */
import { QueueError } from '../../errors.ts'
import type { Job } from '../../job/job.ts'
import { exitStatus } from '../../job/exit-status.ts'
import { durationText } from '../../journal/describe.ts'
import type { EndedJob, JobRefOrId, Queue } from '../../queue.ts'
import { onInterrupt } from '../signals.ts'
import { plural, visible } from './text.ts'
import type { Io } from '../terminal.ts'

/** How a job has ended, as people and programs are told. */
export interface Told {
  readonly id: string
  readonly job: Job | undefined
  readonly status: number
  readonly line: string
}

interface Options {
  /** Is called for each job as it ends. */
  readonly ended: (one: Told) => void
  /** Is the first one enough? */
  readonly any?: boolean
  /** Seconds. */
  readonly timeout?: number
}

/** Who waits so long for the first job to end is told when nobody is there to run it (ms). */
const HINT_AFTER_MS = 1000

/** The longest that a timer of Node's can take. */
const LONGEST_MS = 2 ** 31 - 1

/** What is said of a job that is over. */
export function told({ id, job }: EndedJob): Told {
  const status = exitStatus(job)
  const took = job?.duration_ms === undefined ? '' : ` in ${durationText(job.duration_ms)}`
  if (job === undefined) return { id, job, status, line: `${id} was removed by hand` }
  if (job.state === 'completed') return { id, job, status, line: `${id} completed${took}` }
  return { id, job, status, line: `${id} is dead: ${visible(job.last_error ?? `exit code ${status}`)}` }
}

/**
 * Waits until all jobs (or `any`) are over.
 * @returns the exit status of the first to end that is not 0; with `any` of the first to end
 * @throws QueueError STILL_RUNNING when the time is up
 */
export async function waitFor(queue: Queue, io: Io, jobs: readonly JobRefOrId[], options: Options): Promise<number> {
  const cut = new AbortController()
  let interrupted = 0
  const forget = onInterrupt((status) => {
    interrupted = status
    cut.abort()
  })
  const { timeout } = options
  const limit = timeout === undefined ? undefined : setTimeout(() => cut.abort(), Math.min(timeout * 1000, LONGEST_MS))
  const hint = setTimeout(() => void hintAtWorkers(queue, io), HINT_AFTER_MS)
  const over = new Map<string, Told>()
  try {
    for await (const one of queue.ends(jobs, cut.signal)) {
      clearTimeout(hint)
      const how = told(one)
      over.set(one.id, how)
      options.ended(how)
      if (options.any) return how.status
    }
  } finally {
    forget()
    clearTimeout(limit)
    clearTimeout(hint)
  }
  if (interrupted) return interrupted
  const left = new Set(jobs.map(idOf)).size - over.size
  if (cut.signal.aborted && left > 0)
    throw new QueueError(
      'STILL_RUNNING',
      `${left} of ${plural(jobs.length, 'job')} not over after ${timeout} s`,
      'they go on; see them with: queuectl list',
    )
  return [...over.values()].find(({ status }) => status !== 0)?.status ?? 0
}

const idOf = (job: JobRefOrId): string => (typeof job === 'string' ? job : job.id)

async function hintAtWorkers(queue: Queue, io: Io): Promise<void> {
  if (!io.isHeard) return
  const workers = await queue.workers()
  if (!workers.some(({ life }) => life !== 'dead'))
    io.say('hint: no worker is running; start one with: queuectl worker start')
}
