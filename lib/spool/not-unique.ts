/** What it says that a unique key is taken. Apart from `unique.ts`, which the shortest way to enqueue does without. */
import { QueueError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import type { Home } from './layout.ts'
import type { Reservation } from './reservation.ts'

/** A job with a unique key. */
export type KeyedJob = Job & { readonly unique: string }

export const hasKey = (job: Job): job is KeyedJob => job.unique !== undefined

/**
 * Takes the key of a job that is about to be published.
 * @param how.file what the job cannot be published without, for processes that cannot know whether we live
 * @param how.durable flush the key, so that it survives what the job survives
 * @param how.patienceMs how long another process is waited for that is about to publish its job
 * @throws NotUnique; QueueError FAILED when that process has not published its job by then
 */
export type TakeKey = (
  home: Home,
  job: KeyedJob,
  how: { readonly file?: string; readonly durable: boolean; readonly patienceMs?: number },
) => Reservation

/** The key is another job's. */
export class NotUnique extends QueueError {
  /** The job that has it. */
  readonly job: Job

  constructor(key: string, job: Job) {
    super(
      'DUPLICATE_JOB',
      `cannot enqueue a job with the unique key ${key}: ${job.id} has it`,
      `see it with: queuectl show ${job.id}`,
    )
    this.job = job
  }
}
