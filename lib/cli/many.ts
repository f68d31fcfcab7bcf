/** One verb for several jobs: each is tried, what went wrong is told, and the exit status sums it up. */
import { QueueError } from '../errors.ts'
import { plural } from './print.ts'
import type { Io } from './terminal.ts'

interface Verb {
  /** Its participle: the member of the JSON that lists the ids. */
  readonly done: string
  readonly act: (id: string) => Promise<{ readonly id: string; readonly line: string }>
}

/** @returns the exit status @throws QueueError the only error there was, or PARTLY_DONE */
export async function forEachId(ids: readonly string[], io: Io, json: boolean, { done, act }: Verb): Promise<number> {
  const changed: string[] = []
  const failed: QueueError[] = []
  for (const typed of ids) {
    try {
      const { id, line } = await act(typed)
      changed.push(id)
      if (!json) io.print(`${line}\n`)
    } catch (error) {
      if (!(error instanceof QueueError)) throw error
      failed.push(error)
      if (ids.length > 1 && !json) io.say(error.message)
    }
  }
  const [first] = failed
  if (json && (ids.length > 1 || !first)) {
    const errors = failed.map(({ code, message }) => ({ code, message }))
    io.print(`${JSON.stringify({ [done]: changed, failed: errors })}\n`)
  }
  if (!first) return 0
  if (changed.length === 0 && failed.every((error) => error.code === first.code) && ids.length === 1) throw first
  if (changed.length === 0) throw new QueueError(first.code, `none of ${plural(ids.length, 'job')} could be ${done}`)
  throw new QueueError('PARTLY_DONE', `${failed.length} of ${plural(ids.length, 'job')} could not be ${done}`)
}
