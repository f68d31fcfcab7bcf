/** Computes the exit status of commands that report a job's result (`run`, `wait`, `enqueue --wait`). Pure. */
import type { Job } from './job.ts'

/** The exit status of timeout(1). */
const TIMED_OUT = 124
/** 128 + SIGTERM, for a job that was cancelled. */
const CANCELLED = 143

/** The exit status for a job that is over; undefined is one whose file was removed, which cancels it. */
export function exitStatus(job: Job | undefined): number {
  if (job === undefined) return CANCELLED
  const code = job.exit_code ?? 0
  if (job.state === 'completed') return code
  if (job.cancelled) return code || CANCELLED
  if (job.timed_out) return TIMED_OUT
  // Dead without an exit code (interrupted too often), or with 0 when that is not a success code.
  return code || 1
}
