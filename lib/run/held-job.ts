/** Reads a job that we hold; one that cannot be parsed is quarantined. */
import { failureKind } from '../disk/errno.ts'
import { readText } from '../disk/files.ts'
import { QueueError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import { NotJson, readJob } from '../job/parse.ts'
import { quarantine } from '../spool/corrupt.ts'
import type { Held } from '../spool/transitions.ts'
import type { RunContext } from './context.ts'
import { mayBeAlive } from './traces.ts'

/**
 * The job in a held file; undefined when the file is gone, or is no job and was quarantined.
 * @throws when the file cannot be read now, or is no job while something of a run may be alive: it stays where it is
 */
export function readHeld(ctx: RunContext, held: Held): Job | undefined {
  const { path, fileName, name } = held
  let reason: string
  try {
    const text = readText(path)
    if (text === undefined) return undefined
    const read = parse(text, held)
    if (typeof read !== 'string') return read
    reason = read
  } catch (error) {
    if (failureKind(error) !== 'content') throw error
    // The reason outlives the path: the file is moved.
    reason = (error as Error).message.replace(`${path} `, 'it ')
  }
  if (mayBeAlive(ctx.home, name.id))
    throw new QueueError('STILL_HELD', `${reason}; a process of an earlier run is alive, or may be`)
  // If we die after this: the file is in corrupt/, without an event.
  quarantine(ctx.home, path, fileName, reason)
  ctx.record({ event: 'corrupt', job: name.id, error: reason })
  return undefined
}

/** The job, or why this text is none. */
function parse(text: string, { name }: Held): Job | string {
  try {
    return readJob(text, name, 'processing')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return error instanceof NotJson ? `it is not JSON: ${why}` : why
  }
}
