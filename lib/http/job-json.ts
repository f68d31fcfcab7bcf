/** Jobs as they go over HTTP. */
import type { Job } from '../job/job.ts'
import { jobJson } from '../job/json.ts'
import type { Progress } from '../job/progress.ts'
import type { ListedJob } from '../queue.ts'
import { shownState } from '../job/state.ts'

/** A whole job. */
export const wholeJson = (job: Job, progress?: Progress): Record<string, unknown> => ({
  ...jobJson(job, progress),
  lies_in: job.state,
})

/** A job in a list; a file that cannot be understood has the reason in place of its job. */
export function rowJson({ id, state, path, job, unreadable, progress }: ListedJob): Record<string, unknown> {
  if (!job) return { id, state: shownState(state), lies_in: state, unreadable: unreadable ?? 'unknown', path }
  const { history: _history, env: _env, stdin: _stdin, ...row } = wholeJson(job, progress)
  return row
}
