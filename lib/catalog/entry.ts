/**
 * What the catalog remembers of a job: the parts of its file's name, and of its content what lists are searched and sorted
 * by. A few hundred bytes each, because there may be a hundred thousand.
 */
import { commandLine } from '../job/job.ts'
import { DEFAULT_QUEUE, idFromStem, type JobName, parseName } from '../job/file-name.ts'
import { errorFingerprint } from '../job/fingerprint.ts'
import { type JobContent, type JobFile, mayBeJob, readJobFile } from '../spool/scan.ts'
import type { State } from '../job/state.ts'

export interface Entry {
  readonly dir: string
  readonly fileName: string
  readonly state: State
  readonly holder: string | undefined
  readonly dropped: boolean
  id: string
  queue: string
  priority: number
  /** Microseconds since the epoch, as in the name. */
  due: number
  /** From here on: from the content when it was last read. Times are milliseconds since the epoch. */
  created: number
  updated: number
  /** The searched part of the command, in lower case. */
  text: string
  tags: readonly string[]
  error: string
  /** What errors that differ only in numbers, names and paths have in common. */
  fingerprint: string
  isCancelled: boolean
  isRead: boolean
  /** An earlier entry of the same id whose file is still there. */
  duplicate: Entry | undefined
}

/** A directory whose files are jobs in one state. */
export interface JobDir {
  readonly dir: string
  readonly state: State
  readonly holder: string | undefined
  readonly entries: Map<string, Entry>
  /** The directory's mtime (ms) when it was last listed. */
  listedMtime: number
  /** For each listing in progress, the names that have changed since it began. */
  readonly listings: Set<Set<string>>
}

/** Only this many characters of a command are searched. */
const SEARCHED_CHARS = 4096
const NONE: readonly string[] = []

/** An entry for a name in a directory of jobs; undefined when the name is not a job's. */
export function entryOf(jobDir: JobDir, fileName: string): Entry | undefined {
  if (!mayBeJob(fileName, jobDir.state) || fileName === 'worker.json') return undefined
  const parsed = parseName(fileName)
  const name: JobName = parsed ?? {
    priority: 0,
    due: 0,
    id: idFromStem(fileName) ?? fileName,
    queue: DEFAULT_QUEUE,
  }
  const dueMs = Math.floor(name.due / 1000)
  return {
    dir: jobDir.dir,
    fileName,
    state: jobDir.state,
    holder: jobDir.holder,
    dropped: parsed === undefined,
    id: name.id,
    queue: name.queue === DEFAULT_QUEUE ? DEFAULT_QUEUE : name.queue,
    priority: name.priority,
    due: name.due,
    created: dueMs,
    updated: dueMs,
    text: '',
    tags: NONE,
    error: '',
    fingerprint: '',
    isCancelled: false,
    isRead: false,
    duplicate: undefined,
  }
}

/** Keeps what was read of a job before it moved, until it is read again. */
export function inherit(entry: Entry, before: Entry): void {
  entry.created = before.created
  entry.text = before.text
  entry.tags = before.tags
  entry.error = before.error
  entry.fingerprint = before.fingerprint
  entry.isCancelled = before.isCancelled
}

export const jobFileOf = ({ dir, fileName, state, holder, dropped, ...name }: Entry): JobFile => ({
  state,
  path: `${dir}/${fileName}`,
  fileName,
  name: { priority: name.priority, due: name.due, id: name.id, queue: name.queue },
  ...(holder === undefined ? {} : { holder }),
  ...(dropped ? { dropped: true as const } : {}),
})

/** Reads an entry's file into it; undefined when the job has moved. */
export function readEntry(entry: Entry): JobContent | undefined {
  const content = readJobFile(jobFileOf(entry))
  if (content === undefined) return undefined
  entry.isRead = true
  const { job } = content
  if (!job) {
    entry.error = content.unreadable
    entry.fingerprint = errorFingerprint(entry.error)
    entry.text = ''
    return content
  }
  const { tags = NONE, last_error: error = '' } = job
  entry.created = Date.parse(job.created_at) || entry.created
  entry.updated = Date.parse(job.updated_at) || entry.updated
  entry.text = commandLine(job.command).slice(0, SEARCHED_CHARS).toLowerCase()
  entry.tags = tags.length === 0 ? NONE : tags
  if (error !== entry.error) entry.fingerprint = errorFingerprint(error)
  entry.error = error
  entry.isCancelled = job.cancelled !== undefined
  if (entry.dropped) {
    entry.queue = job.queue
    entry.priority = job.priority
  }
  return content
}
