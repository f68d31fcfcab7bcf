/** Waits for jobs to end. Only reads, so any worker may run them. */
import { isOver } from '../job/state.ts'
import type { Job } from '../job/job.ts'
import { watchRuns } from './run-watch.ts'
import { exists } from '../disk/files.ts'
import { readJobOrThrow, type JobFile, jobFiles } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'

/** A job that is over; `job` is undefined when its file was removed by hand. */
export interface EndedJob {
  readonly id: string
  readonly job: Job | undefined
}

/** How often to scan for a job that seems to be gone: a scan may miss a job that moves meanwhile. */
const MAX_SCANS = 3
/** A scan, which may list every job, is followed by a pause of this many times its own duration. */
const IDLE_FACTOR = 4

/** The files of these jobs; a job without one is gone. */
export function locate(home: Home, ids: Iterable<string>): Map<string, JobFile> {
  const found = new Map<string, JobFile>()
  const wanted = new Set(ids)
  for (let scans = 0; scans < MAX_SCANS && found.size < wanted.size; scans++)
    for (const file of jobFiles(home)) if (wanted.has(file.name.id)) found.set(file.name.id, file)
  return found
}

/** Yields each job once it is over (completed, dead or removed). Ends when all are, or `signal` is aborted. */
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
