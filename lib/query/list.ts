/**
 * Lists of jobs: which match, and in which order. Reading only, and no more than is asked for: names tell nearly always
 * whether a job matches, and completed jobs, a hundred times all others, are looked at day by day.
 */
import type { Job } from '../job/job.ts'
import type { Progress } from '../job/progress.ts'
import { compareText, doneDays, type JobContent, type JobFile, newestInDoneDay, readJobFile } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import { type Sort, SORT_BY_NAME } from './order.ts'
import { readProgress } from '../run/output-reader.ts'
import { type State, STATES } from '../job/state.ts'
import { findExact, keyOfFile, LatestFiles } from '../spool/lookup.ts'

/** Which jobs are meant; everything left out matches all. */
export interface JobFilter {
  readonly states?: readonly State[]
  readonly queue?: string
  readonly tag?: string
}

/** A job as its file's name and place tell it. */
export interface JobRef {
  readonly id: string
  readonly state: State
  readonly path: string
}

/** A job in a list; a file that cannot be understood is listed with the reason in place of its job. */
export interface ListedJob extends JobRef {
  readonly job: Job | undefined
  readonly unreadable: string | undefined
  /** How far a running job says it is. */
  readonly progress?: Progress
}

export interface ListOptions {
  readonly sort?: Sort
  readonly limit?: number
}

/** Jobs that match, sorted; `limit` keeps the first ones. */
export function listJobs(home: Home, filter: JobFilter, options: ListOptions): ListedJob[] {
  const { sort = 'order', limit = Number.POSITIVE_INFINITY } = options
  const isByName = SORT_BY_NAME[sort] !== undefined
  const found: ListedJob[] = []
  for (const candidate of findMatchesIn(home, filter, sort)) {
    if (isByName && found.length >= limit) break
    const listed = readListed(home, candidate, filter)
    if (listed) found.push(listed)
  }
  if (isByName) return found
  const member = sort === 'created' ? 'created_at' : 'updated_at'
  return found.sort((a, b) => compareText(a.job?.[member] ?? '', b.job?.[member] ?? '')).slice(0, limit)
}

/** A job that may match, as far as its name tells. */
interface Match {
  readonly file: JobFile
  /** Where it lies by now and what it holds; undefined when it has left the states that are meant. */
  read(): { readonly file: JobFile; readonly content: JobContent } | undefined
}

/** Those that may match, each once, sorted where names tell the order. */
function* findMatchesIn(home: Home, filter: JobFilter, sort: Sort): Generator<Match> {
  const compare = SORT_BY_NAME[sort]
  const inOrder = (all: JobFile[]): JobFile[] => (compare ? all.sort(compare) : all)
  const { states = STATES } = filter
  // In this order they come last, so whoever wants a few never asks for them.
  const isLazy = sort === 'order' && states.includes('completed')
  const latest = new LatestFiles(home, isLazy ? states.filter((state) => state !== 'completed') : states)
  const given = new Set<string>()
  for (const file of inOrder(latest.all)) {
    if (!mayMatch(file, filter)) continue
    given.add(keyOfFile(file))
    yield {
      file,
      read() {
        const now = latest.read(file)
        // It has been completed, perhaps: then it is yet to come.
        if (!now) given.delete(keyOfFile(file))
        return now
      },
    }
  }
  if (!isLazy) return
  // One that was given as running, and has been completed since, is not given again.
  const isNew = (file: JobFile): boolean => mayMatch(file, filter) && !given.has(keyOfFile(file))
  for (const day of doneDays(home))
    for (const file of newestInDoneDay(home, day))
      if (isNew(file)) yield { file, read: () => readAgain(home, file, states) }
}

const mayMatch = (file: JobFile, { queue }: JobFilter): boolean =>
  queue === undefined || file.dropped === true || file.name.queue === queue

/** A completed job, which somebody may have sent back since it was seen. */
function readAgain(home: Home, first: JobFile, states: readonly State[]): ReturnType<Match['read']> {
  const content = readJobFile(first)
  if (content) return { file: first, content }
  const file = findExact(home, first.name.id)
  const now = file && states.includes(file.state) ? readJobFile(file) : undefined
  return file && now ? { file, content: now } : undefined
}

function readListed(home: Home, candidate: Match, filter: JobFilter): ListedJob | undefined {
  const now = candidate.read()
  if (!now) return undefined
  const { file, content } = now
  const { job } = content
  const matches =
    (filter.tag === undefined || job?.tags?.includes(filter.tag)) &&
    (filter.queue === undefined || job?.queue === filter.queue)
  if (!matches) return undefined
  return {
    id: job?.id ?? file.name.id,
    state: file.state,
    path: file.path,
    job,
    unreadable: content.job ? undefined : content.unreadable,
    ...progressMember(job && readProgress(home, job)),
  }
}

const progressMember = (progress: Progress | undefined): Pick<ListedJob, 'progress'> => (progress ? { progress } : {})

/** Which of the jobs that match are wanted. */
export interface MatchOptions {
  /** How their ids begin. */
  readonly startsWith?: string
  /** The first so many. */
  readonly limit?: number
}

/** Jobs that match, in the order they flow. Their files are only read where the name does not tell. */
export function matchingJobs(home: Home, filter: JobFilter, { startsWith = '', limit }: MatchOptions = {}): JobRef[] {
  const found: JobRef[] = []
  for (const candidate of findMatchesIn(home, filter, 'order')) {
    if (limit !== undefined && found.length >= limit) break
    const { file } = candidate
    const isTold = filter.tag === undefined && !file.dropped
    const one = isTold ? { id: file.name.id, state: file.state, path: file.path } : readListed(home, candidate, filter)
    if (one?.id.startsWith(startsWith)) found.push({ id: one.id, state: one.state, path: one.path })
  }
  return found
}
