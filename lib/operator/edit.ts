/**
 * Edits a job. It is in `hold/` while the editor is open, so that no worker claims it, and the editor gets a copy of the
 * members that may be changed. Only when that copy is valid is the job taken, stamped and put back.
 *
 * Crash: if we die while the editor is open, the job stays held, and the copy stays in `tmp/`.
 */
import { join } from 'node:path'
import { nowMs, randomHex } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { type Job, type JobRequest, OUR_MEMBERS } from '../job/job.ts'
import { fileNameOf } from '../job/key.ts'
import { printJob } from '../job/print.ts'
import { DEFAULT_QUEUE } from '../job/file-name.ts'
import { parseJson } from '../job/parse.ts'
import { readForeign } from '../job/spelling.ts'
import { isoTime, parseInstant } from '../job/time.ts'
import { actOn, wrongState } from './take.ts'
import type { Defaults } from '../spool/enqueue.ts'
import { exists, move, readText, remove, stamp, writeNew } from '../disk/files.ts'
import { type JobFile, readJobOrThrow } from '../spool/scan.ts'
import { flushDir, flushesMoves, flushesRecords } from '../disk/sync.ts'
import { type Home, STATE_DIR } from '../spool/layout.ts'
import { takeAsOperator } from '../spool/holders.ts'
import type { JobRefOrId } from '../query/resolve.ts'
import { moveInto, moveOut } from '../spool/transitions.ts'
import { ring } from '../spool/wakeup.ts'
import { shownState, type State, isAllowed } from '../job/state.ts'

/** A job that is being edited. The caller ends this by `save` or `giveUp`. */
export interface Editing {
  readonly id: string
  /** The path of the copy to edit. */
  readonly file: string
  /**
   * Puts the job back as the copy says; undefined when the copy was not changed.
   * @throws QueueError INVALID_JOB when the copy is not valid: nothing has changed, edit again or give up; FAILED when the
   * job was taken out of `hold/` meanwhile
   */
  save(): Promise<Job | undefined>
  /** Puts the job back as it was, if it is still in `hold/`. @returns the path of the copy if it was changed */
  giveUp(): string | undefined
}

/** Holds a job to edit it. @throws QueueError NOT_FOUND, WRONG_STATE, FAILED */
export function editJob(home: Home, target: JobRefOrId, defaults: Defaults): Promise<Editing> {
  return actOn(home, target, 'edit', (jobFile) => {
    if (!isAllowed('edit', jobFile.state)) {
      const isRunning = jobFile.state === 'processing'
      throw wrongState('edit', jobFile, isRunning ? 'it is running' : `it is ${shownState(jobFile.state)}`)
    }
    if (jobFile.dropped)
      throw wrongState('edit', jobFile, 'no worker has taken in its file yet', `edit ${jobFile.path} itself`)
    const held = join(home.hold, jobFile.fileName)
    refuseCopy(jobFile.name.id, jobFile.path, held)
    // If we die after this: the job is held until the user releases it.
    if (held !== jobFile.path && !moveInto(home, jobFile.path, held)) return undefined
    try {
      const job = readJobOrThrow({ ...jobFile, path: held }, 'edit')
      return job && begin(home, { jobFile, held, job, defaults })
    } catch (error) {
      move(held, jobFile.path)
      throw error
    }
  })
}

interface Begun {
  /** Where the job was before. */
  readonly jobFile: JobFile
  readonly held: string
  readonly job: Job
  readonly defaults: Defaults
}

function begin(home: Home, begun: Begun): Editing {
  const { jobFile, held, job } = begun
  const file = join(home.tmp, `edit-${job.id}-${randomHex(6)}.json`)
  const before = `${JSON.stringify(editable(job), undefined, 2)}\n`
  writeNew(file, before, false)
  const putBack = (): boolean => {
    const path = join(home[STATE_DIR[jobFile.state]], jobFile.fileName)
    // If we die before this: the job stays held.
    const isBack = path === held ? exists(held) : !exists(path) && move(held, path)
    ring(home)
    return isBack
  }
  return {
    id: job.id,
    file,
    async save() {
      const text = readText(file) ?? ''
      if (text === before) {
        remove(file)
        if (putBack()) return undefined
        throw takenAway(job.id, undefined)
      }
      const next = edited(begun, readEdited(text, job.id))
      const saved = await put(home, begun, next)
      if (!saved) throw takenAway(job.id, file)
      remove(file)
      return saved
    },
    giveUp() {
      putBack()
      const text = readText(file)
      if (text !== undefined && text !== before) return file
      remove(file)
      return undefined
    },
  }
}

const takenAway = (id: string, file: string | undefined): QueueError =>
  new QueueError(
    'FAILED',
    `cannot edit ${id}: it was taken out of hold/ meanwhile`,
    file === undefined ? undefined : `your text is in ${file}`,
  )

/** The members of a job that a person may change, and unknown ones. */
export const editable = (job: Job): JobRequest => {
  const ours: readonly string[] = OUR_MEMBERS
  return Object.fromEntries(Object.entries(job).filter(([name]) => !ours.includes(name))) as unknown as JobRequest
}

/** Reads the edited copy. @throws QueueError INVALID_JOB */
export function readEdited(text: string, id: string): JobRequest {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    if (error instanceof QueueError) throw error
    throw new QueueError('INVALID_JOB', `invalid job: it is not JSON: ${(error as Error).message}`)
  }
  const newId = typeof value === 'object' && value !== null && 'id' in value ? value.id : id
  if (newId !== id) throw new QueueError('INVALID_JOB', `invalid job: its id stays ${id}`)
  // A generated id would not be valid as a chosen one.
  return readForeign(typeof value === 'object' && value !== null ? without(value, 'id') : value, nowMs()).request
}

const without = (value: object, name: string): object =>
  Array.isArray(value) ? value : Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))

interface Next {
  readonly job: Job
  readonly to: Exclude<State, 'processing' | 'completed'>
  readonly due: number
}

/** The new record and where it goes: back to where it was, unless its `run_at` was changed. */
export function edited({ jobFile, job, defaults }: Omit<Begun, 'held'>, request: JobRequest): Next {
  const now = nowMs()
  const runAt = request.run_at === undefined ? undefined : parseInstant(request.run_at)
  const next: Job = {
    ...(Object.fromEntries(OUR_MEMBERS.map((name) => [name, job[name]])) as unknown as Job),
    ...request,
    id: job.id,
    queue: request.queue ?? DEFAULT_QUEUE,
    priority: request.priority ?? defaults.default_priority,
    max_retries: request.max_retries ?? defaults.max_retries,
    ...(runAt === undefined ? {} : { run_at: isoTime(runAt) }),
    updated_at: isoTime(now),
  }
  const state = jobFile.state as Next['to']
  const hasRun = state === 'failed' || state === 'dead' || job.runs > 0
  if (hasRun || next.run_at === job.run_at) return { job: next, to: state, due: jobFile.name.due }
  const isLater = runAt !== undefined && runAt > now
  const due = isLater ? runAt * 1000 : Math.min(jobFile.name.due, now * 1000)
  const to = state === 'held' ? state : isLater ? 'scheduled' : 'pending'
  return { job: { ...next, state: to }, to, due }
}

/** Stamps the held job and moves it to its state; undefined when it is no longer in `hold/`. */
async function put(home: Home, { held, jobFile, defaults }: Begun, { job, to, due }: Next): Promise<Job | undefined> {
  const dir = home[STATE_DIR[to]]
  const fileName = fileNameOf(job, due)
  const target = join(dir, fileName)
  refuseCopy(job.id, held, target)
  const taken = takeAsOperator(home, 'hold', held, jobFile.fileName)
  if (!taken) return undefined
  try {
    if (!(await stamp(taken.path, printJob(job), flushesRecords(defaults.durability)))) return undefined
    // If we die before this: a worker puts it back to `hold/`, with its new content.
    if (!moveOut(home, taken.path, target, job)) return undefined
    if (flushesMoves(defaults.durability)) await flushDir(dir)
    ring(home)
    return { ...job, state: to }
  } catch (error) {
    // No other process puts it back while we live.
    move(taken.path, held)
    throw error
  } finally {
    taken.done()
  }
}

/** @throws QueueError FAILED when the job would be moved over another file. */
function refuseCopy(id: string, from: string, to: string): void {
  if (from === to || !exists(to) || !exists(from)) return
  throw new QueueError('FAILED', `cannot edit ${id}: ${to} is there already`, 'one of the two is a copy')
}
