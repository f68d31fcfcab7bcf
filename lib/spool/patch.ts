/**
 * Changing some members of a job at once, as a program does: what `edit` does with an editor, without one.
 *
 * Crash: as while an editor is open: the job is held, and stays so until somebody releases it.
 */
import { QueueError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import { sightingAt } from './find.ts'
import type { Defaults } from './enqueue.ts'
import { readWhole } from './change.ts'
import { editJob } from './edit.ts'
import { append, empty, read, remove } from './files.ts'
import type { Home } from './home.ts'
import { findOne, type Meant } from './meant.ts'

/** New values; null takes a member back to its default. */
export type Members = Readonly<Record<string, unknown>>

/**
 * @param isMeant is asked about the job once nobody else can change it: false leaves it as it is
 * @returns its id; undefined when it was not meant
 * @throws QueueError NOT_FOUND, WRONG_STATE, INVALID_JOB
 */
export async function patchJob(
  home: Home,
  meant: Meant,
  members: Members,
  isMeant: (job: Job) => boolean,
  defaults: Defaults,
): Promise<string | undefined> {
  const editing = await editJob(home, meant, defaults)
  let isSaved = false
  try {
    const job = held(home, editing.id)
    if (!job || !isMeant(job)) return undefined
    const before = JSON.parse(read(editing.file) ?? '{}') as Members
    const after = Object.entries({ ...before, ...members }).filter(([, value]) => value !== null)
    empty(editing.file)
    append(editing.file, JSON.stringify(Object.fromEntries(after)))
    await editing.save()
    isSaved = true
    return editing.id
  } finally {
    if (!isSaved) {
      editing.giveUp()
      remove(editing.file)
    }
  }
}

/** The job that is being edited, as it lies in `hold/`. */
function held(home: Home, id: string): Job | undefined {
  const seen = findOne(home, id, 'change')
  if (seen.state !== 'held')
    throw new QueueError('FAILED', `cannot change ${id}: somebody took it out of hold/ meanwhile`)
  return readWhole(sightingAt(home, seen.path, seen.state) ?? seen, 'change')
}
