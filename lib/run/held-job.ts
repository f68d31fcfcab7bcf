/** Reads a job that we hold; one that cannot be parsed is quarantined. */
import { isExhausted, readText } from '../disk/files.ts'
import type { Job } from '../job/job.ts'
import { NotJson, readJob } from '../job/parse.ts'
import { quarantine } from '../spool/corrupt.ts'
import type { Held } from '../spool/transitions.ts'
import type { RunContext } from './context.ts'

/** The job in a held file; undefined when the file is gone, or could not be parsed and was quarantined. */
export function readHeld(ctx: RunContext, held: Held): Job | undefined {
  try {
    const text = readText(held.path)
    return text === undefined ? undefined : readJob(text, held.name, 'processing')
  } catch (error) {
    if (isExhausted(error)) throw error
    const why = error instanceof Error ? error.message : String(error)
    const reason = error instanceof NotJson ? `it is not JSON: ${why}` : why
    // If we die after this: the file is in corrupt/, without an event.
    quarantine(ctx.home, held.path, held.fileName, reason)
    ctx.record({ event: 'corrupt', job: held.name.id, error: reason })
    return undefined
  }
}
