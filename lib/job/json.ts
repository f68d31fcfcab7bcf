/** Converts a job to the JSON of `--json` and HTTP. Pure. */
import type { Job } from './job.ts'
import type { Progress } from './progress.ts'
import { shownState } from './state.ts'

/** A job's record with its shown state, and its progress if it reports any. */
export const jobJson = ({ id, command, state, ...others }: Job, progress?: Progress): Record<string, unknown> => ({
  id,
  command,
  state: shownState(state),
  ...others,
  ...(progress ? { progress } : {}),
})
