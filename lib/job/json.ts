/** Converts a job to the JSON of `--json` and HTTP. Pure. */
import { waitsFor } from './after.ts'
import type { Job } from './job.ts'
import type { Progress } from './progress.ts'
import { shownState } from './state.ts'

/** A job's record with its shown state, what it waits for, and its progress if it reports any. */
export function jobJson(job: Job, progress?: Progress): Record<string, unknown> {
  const { id, command, state, ...others } = job
  return {
    id,
    command,
    state: shownState(state),
    ...others,
    ...(state === 'waiting' ? { waits_for: waitsFor(job) } : {}),
    ...(progress ? { progress } : {}),
  }
}
