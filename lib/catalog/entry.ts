/**
 * What is remembered of a job while somebody watches the whole home: what its file's name tells, and of its content what
 * lists are searched and sorted by. A few hundred bytes, since there may be a hundred thousand.
 */
import { commandLine } from '../job/job.ts'
import { DEFAULT_QUEUE, idFromStem, isIntakeName, type JobName, parseName } from '../job/file-name.ts'
import { type JobContent, type JobFile, readJobFile } from '../spool/scan.ts'
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
  /** Microseconds, as in the name. */
  due: number
  /** From here on: of the content, as it was when it was last read. Milliseconds. */
  created: number
  updated: number
  /** What is searched, in lower case. */
  text: string
  tags: readonly string[]
  error: string
  isCancelled: boolean
  isRead: boolean
  /** Another file of the same id that was there before. */
  duplicate: Entry | undefined
}

/** A directory whose files are jobs in one state. */
export interface JobDir {
  readonly dir: string
  readonly state: State
  readonly holder: string | undefined
  readonly entries: Map<string, Entry>
  /** When the directory had last changed as all of it was listed. */
  listed: number
  /** For each listing of it that goes on, what was heard of meanwhile. */
  readonly listings: Set<Set<string>>
}

/** Of a command so much is searched. */
const SEARCHED = 4096
const NONE: readonly string[] = []

/** An entry for a name in a directory of jobs; undefined when it is no job's. */
export function entryOf(place: JobDir, fileName: string): Entry | undefined {
  if (!isIntakeName(fileName) || fileName === 'worker.json') return undefined
  const parsed = parseName(fileName)
  const name: JobName = parsed ?? {
    priority: 0,
    due: 0,
    id: idFromStem(fileName) ?? fileName,
    queue: DEFAULT_QUEUE,
  }
  const at = Math.floor(name.due / 1000)
  return {
    dir: place.dir,
    fileName,
    state: place.state,
    holder: place.holder,
    dropped: parsed === undefined,
    id: name.id,
    queue: name.queue === DEFAULT_QUEUE ? DEFAULT_QUEUE : name.queue,
    priority: name.priority,
    due: name.due,
    created: at,
    updated: at,
    text: '',
    tags: NONE,
    error: '',
    isCancelled: false,
    isRead: false,
    duplicate: undefined,
  }
}

/** What was read of a job before it moved holds until it is read again. */
export function inherit(entry: Entry, before: Entry): void {
  entry.created = before.created
  entry.text = before.text
  entry.tags = before.tags
  entry.error = before.error
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

/** Reads its file. Undefined: it has moved on. */
export function readEntry(entry: Entry): JobContent | undefined {
  const content = readJobFile(jobFileOf(entry))
  if (content === undefined) return undefined
  entry.isRead = true
  const { job } = content
  if (!job) {
    entry.error = content.unreadable
    entry.text = ''
    return content
  }
  const { tags = NONE, last_error: error = '' } = job
  entry.created = Date.parse(job.created_at) || entry.created
  entry.updated = Date.parse(job.updated_at) || entry.updated
  entry.text = commandLine(job.command).slice(0, SEARCHED).toLowerCase()
  entry.tags = tags.length === 0 ? NONE : tags
  entry.error = error
  entry.isCancelled = job.cancelled !== undefined
  if (entry.dropped) {
    entry.queue = job.queue
    entry.priority = job.priority
  }
  return content
}
