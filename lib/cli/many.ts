/** One verb for several jobs: each is tried, what went wrong is told, and the exit status sums it up. */
import { QueueError } from '../errors.ts'
import type { Meant } from '../queue.ts'
import { plural } from './print.ts'
import type { Io } from './terminal.ts'

interface Verb {
  /** Its participle: the member of the JSON that lists the ids. */
  readonly done: string
  readonly act: (job: Meant) => Promise<{ readonly id: string; readonly line: string }>
  /** How many at once; one after another when left out. */
  readonly atOnce?: number
}

/**
 * @param jobs an error stands for a job that could not even be found
 * @returns the exit status
 * @throws QueueError the only error there was, or PARTLY_DONE
 */
export async function forEachId(
  jobs: readonly (Meant | QueueError)[],
  io: Io,
  json: boolean,
  { done, act, atOnce = 1 }: Verb,
): Promise<number> {
  const changed: string[] = []
  const failed: QueueError[] = []
  const tryOne = async (job: Meant | QueueError): Promise<void> => {
    try {
      if (job instanceof QueueError) throw job
      const { id, line } = await act(job)
      changed.push(id)
      if (!json) io.print(`${line}\n`)
    } catch (error) {
      if (!(error instanceof QueueError)) throw error
      failed.push(error)
      if (jobs.length > 1 && !json) io.say(error.message)
    }
  }
  for (let i = 0; i < jobs.length; i += atOnce) await Promise.all(jobs.slice(i, i + atOnce).map(tryOne))
  const [first] = failed
  if (json && (jobs.length > 1 || !first)) {
    const errors = failed.map(({ code, message }) => ({ code, message }))
    io.print(`${JSON.stringify({ [done]: changed, failed: errors })}\n`)
  }
  if (!first) return 0
  if (changed.length === 0 && jobs.length === 1) throw first
  if (changed.length === 0) throw new QueueError(first.code, `none of ${plural(jobs.length, 'job')} could be ${done}`)
  throw new QueueError('PARTLY_DONE', `${failed.length} of ${plural(jobs.length, 'job')} could not be ${done}`)
}
