/** Applies one verb to several jobs: tries each, reports its error, and sums up in the exit status. */
import { jsonText } from '../../job/sanitize.ts'
import { QueueError } from '../../errors.ts'
import type { JobRefOrId } from '../../queue.ts'
import { plural } from '../output/text.ts'
import type { Io } from '../terminal.ts'

interface EachJob {
  /** The verb's participle, such as `held`. */
  readonly done: string
  readonly act: (job: JobRefOrId) => Promise<void>
  /** How many at a time (1). */
  readonly concurrency?: number
  /** Print the error of each job (true). */
  readonly reportsErrors?: boolean
  /** The id that was typed for a job that was not found. */
  readonly idOf?: (job: JobRefOrId | QueueError) => string | undefined
}

interface Failure {
  readonly id: string | undefined
  readonly error: QueueError
}

const idOf = (job: JobRefOrId | QueueError): string | undefined =>
  typeof job === 'string' ? job : job instanceof QueueError ? undefined : job.id

/**
 * @param jobs an error stands for a job that was not found
 * @returns the errors
 */
async function tryEach(jobs: readonly (JobRefOrId | QueueError)[], io: Io, each: EachJob): Promise<Failure[]> {
  const { act, concurrency = 1, reportsErrors = true } = each
  const failed: Failure[] = []
  const tryOne = async (job: JobRefOrId | QueueError): Promise<void> => {
    try {
      if (job instanceof QueueError) throw job
      await act(job)
    } catch (error) {
      if (!(error instanceof QueueError)) throw error
      failed.push({ id: each.idOf?.(job) ?? idOf(job), error })
      if (jobs.length > 1 && reportsErrors) io.message(error.message)
    }
  }
  for (let i = 0; i < jobs.length; i += concurrency) await Promise.all(jobs.slice(i, i + concurrency).map(tryOne))
  return failed
}

/** @throws QueueError the error of a single job, else the first one's code when all failed, else PARTLY_DONE */
function exitStatusFor(failed: readonly Failure[], of: number, done: string): number {
  const first = failed[0]?.error
  if (!first) return 0
  if (of === 1) throw first
  if (failed.length === of) throw new QueueError(first.code, `none of ${plural(of, 'job')} could be ${done}`)
  throw new QueueError('PARTLY_DONE', `${failed.length} of ${plural(of, 'job')} could not be ${done}`)
}

/** Calls `act` for each job, which prints by itself. @returns the exit status @throws as {@link exitStatusFor} */
export async function forEachJob(jobs: readonly (JobRefOrId | QueueError)[], io: Io, each: EachJob): Promise<number> {
  const act = async (job: JobRefOrId): Promise<void> => {
    // Nothing left to print once the reader has gone.
    if (!io.isReaderGone) await each.act(job)
  }
  return exitStatusFor(await tryEach(jobs, io, { ...each, act }), jobs.length, each.done)
}

interface EachChange extends Pick<EachJob, 'done' | 'concurrency' | 'idOf'> {
  /** The verb, as JSON names it. */
  readonly action: string
  readonly dryRun: boolean
  readonly act: (job: JobRefOrId) => Promise<{ readonly id: string; readonly line: string }>
}

/** Changes each job and prints a line for each or, as JSON, their ids. @returns the exit status @throws as {@link exitStatusFor} */
export async function forEachId(
  jobs: readonly (JobRefOrId | QueueError)[],
  io: Io,
  json: boolean,
  { act, action, dryRun, ...verb }: EachChange,
): Promise<number> {
  const ids: string[] = []
  const failed = await tryEach(jobs, io, {
    ...verb,
    reportsErrors: !json,
    async act(job) {
      const { id, line } = await act(job)
      ids.push(id)
      if (!json) io.print(`${line}\n`)
    },
  })
  if (json && (jobs.length !== 1 || failed.length === 0))
    io.print(`${jsonText(bulkJson({ action, dryRun, ids, failed }))}\n`)
  return exitStatusFor(failed, jobs.length, verb.done)
}

/** What a change to many jobs has done, in the shape that all of them have. */
export const bulkJson = (done: {
  readonly action: string
  readonly dryRun: boolean
  readonly ids: readonly string[]
  readonly failed?: readonly Failure[]
}): object => ({
  action: done.action,
  dry_run: done.dryRun,
  ids: done.ids,
  failed: (done.failed ?? []).map(({ id, error: { code, message } }) => ({
    ...(id === undefined ? {} : { id }),
    code,
    message,
  })),
})
