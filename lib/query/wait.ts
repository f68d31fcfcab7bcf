/**
 * Waiting for jobs to end. Reading only: it works for jobs that any worker runs, from any terminal.
 */
import { isOver } from '../job/state.ts'
import type { Job } from '../job/job.ts'
import { watchRuns } from './run-watch.ts'
import { exists } from '../disk/files.ts'
import { readJobOrThrow, type JobFile, jobFiles } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'

/** A job that is over; without its record when its file was removed by hand. */
export interface EndedJob {
  readonly id: string
  readonly job: Job | undefined
}

/** Jobs that move back while one looks may be missed: so often is looked for one that seems to be gone. */
const MAX_SCANS = 3
/** A look may list every job there is: it rests four times as long as it took. */
const IDLE_FACTOR = 4

/** Where these jobs are; what is missing in the answer is gone. */
export function locate(home: Home, ids: Iterable<string>): Map<string, JobFile> {
  const found = new Map<string, JobFile>()
  const wanted = new Set(ids)
  for (let looks = 0; looks < MAX_SCANS && found.size < wanted.size; looks++)
    for (const file of jobFiles(home)) if (wanted.has(file.name.id)) found.set(file.name.id, file)
  return found
}

/** Each of the jobs once it is over: completed, dead or removed. Ends when all are, or when `signal` is aborted. */
export async function* waitForEnds(home: Home, ids: readonly string[], signal?: AbortSignal): AsyncGenerator<EndedJob> {
  const waiting = new Set(ids)
  const isAborted = (): boolean => signal?.aborted === true
  const files = new Map<string, JobFile>()
  const waiter = watchRuns(home, (id) => waiting.has(id), IDLE_FACTOR)
  try {
    while (waiting.size > 0 && !isAborted()) {
      const moved = [...waiting].filter((id) => !exists(files.get(id)?.path ?? ''))
      const found = moved.length > 0 ? locate(home, moved) : files
      for (const id of moved) {
        const file = found.get(id)
        const job = file && isOver(file.state) ? readJobOrThrow(file, 'wait for') : undefined
        if (file && !job) files.set(id, file)
        else {
          waiting.delete(id)
          yield { id, job }
        }
      }
      if (waiting.size > 0) await waiter.next(signal)
    }
  } finally {
    waiter.close()
  }
}
