/** One verb for several jobs: each is tried, what went wrong is told, and the exit status sums it up. */
import { QueueError } from '../../errors.ts'
import type { JobRefOrId } from '../../queue.ts'
import { plural } from '../output/text.ts'
import type { Io } from '../terminal.ts'

interface Each {
  /** The participle of the verb: `held`. */
  readonly done: string
  readonly act: (job: JobRefOrId) => Promise<void>
  /** How many at once; one after another when left out. */
  readonly atOnce?: number
  /** Is what went wrong said for each? */
  readonly isSaid?: boolean
}

/**
 * @param jobs an error stands for a job that could not even be found
 * @returns what went wrong
 */
async function tryEach(jobs: readonly (JobRefOrId | QueueError)[], io: Io, each: Each): Promise<QueueError[]> {
  const { act, atOnce = 1, isSaid = true } = each
  const failed: QueueError[] = []
  const tryOne = async (job: JobRefOrId | QueueError): Promise<void> => {
    try {
      if (job instanceof QueueError) throw job
      await act(job)
    } catch (error) {
      if (!(error instanceof QueueError)) throw error
      failed.push(error)
      if (jobs.length > 1 && isSaid) io.say(error.message)
    }
  }
  for (let i = 0; i < jobs.length; i += atOnce) await Promise.all(jobs.slice(i, i + atOnce).map(tryOne))
  return failed
}

/** @throws QueueError the only error there was, or PARTLY_DONE */
function sumUp(failed: readonly QueueError[], of: number, done: string): number {
  const [first] = failed
  if (!first) return 0
  if (of === 1) throw first
  if (failed.length === of) throw new QueueError(first.code, `none of ${plural(of, 'job')} could be ${done}`)
  throw new QueueError('PARTLY_DONE', `${failed.length} of ${plural(of, 'job')} could not be ${done}`)
}

/** Shows something of each job, which prints what it likes. @returns the exit status @throws as {@link sumUp} */
export async function forEachJob(jobs: readonly (JobRefOrId | QueueError)[], io: Io, each: Each): Promise<number> {
  const act = async (job: JobRefOrId): Promise<void> => {
    // A reader that has gone away wants no more.
    if (!io.isOver) await each.act(job)
  }
  return sumUp(await tryEach(jobs, io, { ...each, act }), jobs.length, each.done)
}

interface Verb extends Pick<Each, 'done' | 'atOnce'> {
  readonly act: (job: JobRefOrId) => Promise<{ readonly id: string; readonly line: string }>
}

/** Changes each job, and prints a line for each or, as JSON, their ids. @returns the exit status @throws as {@link sumUp} */
export async function forEachId(
  jobs: readonly (JobRefOrId | QueueError)[],
  io: Io,
  json: boolean,
  { act, ...verb }: Verb,
): Promise<number> {
  const changed: string[] = []
  const failed = await tryEach(jobs, io, {
    ...verb,
    isSaid: !json,
    async act(job) {
      const { id, line } = await act(job)
      changed.push(id)
      if (!json) io.print(`${line}\n`)
    },
  })
  if (json && (jobs.length > 1 || failed.length === 0)) {
    const errors = failed.map(({ code, message }) => ({ code, message }))
    io.print(`${JSON.stringify({ [verb.done]: changed, failed: errors })}\n`)
  }
  return sumUp(failed, jobs.length, verb.done)
}
