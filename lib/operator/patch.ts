/**
 * Changes members of a job for a program, without an editor: takes the job as an operator, stamps it and puts it back.
 *
 * Crash: a worker puts the job back to where it was, with its old or its new content.
 */
import { join } from 'node:path'
import type { Job } from '../job/job.ts'
import { fileNameOf } from '../job/key.ts'
import { printJob } from '../job/print.ts'
import { requireChangeable } from './reorder.ts'
import { meantBy, overridden } from '../job/spelling.ts'
import { actOn, take } from './take.ts'
import { editable, edited, readEdited } from './edit.ts'
import type { Defaults } from '../spool/enqueue.ts'
import { move, stamp } from '../disk/files.ts'
import { flushDir, flushesMoves, flushesRecords } from '../disk/sync.ts'
import { type Home, STATE_DIR } from '../spool/layout.ts'
import type { JobRefOrId } from '../query/resolve.ts'
import { moveOut } from '../spool/transitions.ts'
import { ring } from '../spool/wakeup.ts'
import { readJobOrThrow } from '../spool/scan.ts'

/** New values; null resets a member to its default. */
export type PatchMembers = Readonly<Record<string, unknown>>

export interface Patch {
  readonly members: PatchMembers
  /** Called with the job once no other process can change it; when it returns false, the job stays as it is. */
  readonly condition: (job: Job) => boolean
  readonly defaults: Defaults
}

/**
 * @returns the job's id; undefined when the condition was false
 * @throws QueueError NOT_FOUND, WRONG_STATE, INVALID_JOB
 */
export async function patchJob(home: Home, target: JobRefOrId, patch: Patch): Promise<string | undefined> {
  const { members, condition, defaults } = patch
  const { id, isChanged } = await actOn(home, target, 'change', async (file) => {
    requireChangeable('change', file)
    const taken = await take(home, file)
    if (!taken) return undefined
    let isBack = false
    try {
      const job = readJobOrThrow(file, 'change', taken.path)
      if (job === undefined) return undefined
      if (!condition(job)) return { id: job.id, isChanged: false }
      // A member of the patch in any spelling takes the place of the job's own.
      const renamed = Object.fromEntries(Object.keys(members).map((name) => [meantBy(name, members) ?? name, null]))
      const merged = Object.entries({ ...overridden(editable(job), renamed), ...members }).filter(
        ([, value]) => value !== null,
      )
      const next = edited(
        { jobFile: file, job, defaults },
        readEdited(JSON.stringify(Object.fromEntries(merged)), job.id),
      )
      if (!(await stamp(taken.path, printJob(next.job), flushesRecords(defaults.durability)))) return undefined
      const dir = home[STATE_DIR[next.to]]
      // If we die before this: a worker puts it back under its old name, which overrides the new priority and queue.
      isBack = moveOut(home, taken.path, join(dir, fileNameOf(next.job, next.due)), next.job)
      if (!isBack) return undefined
      if (flushesMoves(defaults.durability)) await flushDir(dir)
      return { id: job.id, isChanged: true }
    } finally {
      // No other process puts it back while we live.
      if (!isBack) move(taken.path, join(home[STATE_DIR[file.state]], file.fileName))
      taken.done()
      ring(home)
    }
  })
  return isChanged ? id : undefined
}
