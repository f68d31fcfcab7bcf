/**
 * The exit status of commands that stand for a job (`run`, `wait`, `enqueue --wait`). Pure.
 */
import type { Job } from './job.ts'

/** As timeout(1) has it. */
const TIMED_OUT = 124
/** 128 + SIGTERM: what a job that was cancelled, before or while it ran, ends with at least. */
const CANCELLED = 143

/** The status of a job that is over; undefined stands for one whose file was removed, which cancels it. */
export function exitStatus(job: Job | undefined): number {
  if (job === undefined) return CANCELLED
  const code = job.exit_code ?? 0
  if (job.state === 'completed') return code
  if (job.cancelled) return code || CANCELLED
  if (job.timed_out) return TIMED_OUT
  // Dead without an exit status (interrupted too often), or by a code that counts as success no more.
  return code || 1
}
