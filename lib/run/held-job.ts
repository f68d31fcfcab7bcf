/** Reads a job that we hold. One that cannot be understood goes to `corrupt/`, and the others go on. */
import type { Job } from '../job/job.ts'
import { NotJson, readJob } from '../job/parse.ts'
import { isExhausted, readText } from '../disk/files.ts'
import { quarantine } from '../spool/corrupt.ts'
import type { Held } from '../spool/transitions.ts'
import type { RunContext } from './context.ts'

/** The job in a held file; undefined when the file was taken away, or could not be understood and was quarantined. */
export function readHeld(ctx: RunContext, held: Held): Job | undefined {
  try {
    const text = readText(held.path)
    return text === undefined ? undefined : readJob(text, held.name, 'processing')
  } catch (error) {
    if (isExhausted(error)) throw error
    const why = error instanceof Error ? error.message : String(error)
    const reason = error instanceof NotJson ? `it is not JSON: ${why}` : why
    quarantine(ctx.home, held.path, held.fileName, reason)
    ctx.record({ event: 'corrupt', job: held.name.id, error: reason })
    return undefined
  }
}
