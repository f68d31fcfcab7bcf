/** A job as it is shown to programs, on the command line and over HTTP. Pure. */
import type { Job } from './job.ts'
import type { Progress } from './progress.ts'
import { shownState } from './state.ts'

/** A job as JSON: its record, under the name people know its state by, and how far it is if it says so. */
export const jobJson = ({ id, command, state, ...others }: Job, progress?: Progress): Record<string, unknown> => ({
  id,
  command,
  state: shownState(state),
  ...others,
  ...(progress ? { progress } : {}),
})
