/** The JSON of jobs and events in answers. */
import type { Job } from '../job/job.ts'
import { jobJson } from '../job/json.ts'
import type { Progress } from '../job/progress.ts'
import type { ListedJob } from '../queue.ts'
import { shownState } from '../job/state.ts'
import type { Event } from '../journal/journal.ts'
import { describeEvent } from '../journal/describe.ts'

/** A job with all its members. */
export const fullJobJson = (job: Job, progress?: Progress): Record<string, unknown> => ({
  ...jobJson(job, progress),
  lies_in: job.state,
})

/** A job in a list; for an unreadable file the reason instead. */
export function jobRowJson({ id, state, path, job, unreadable, progress }: ListedJob): Record<string, unknown> {
  if (!job) return { id, state: shownState(state), lies_in: state, unreadable: unreadable ?? 'unknown', path }
  const { history: _history, env: _env, stdin: _stdin, ...row } = fullJobJson(job, progress)
  return row
}

export const eventJson = (event: Event): object => ({ ...event, text: describeEvent(event) })
