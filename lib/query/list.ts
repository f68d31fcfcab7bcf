/**
 * Lists jobs, filtered and sorted. Reads as little as possible: names nearly always tell whether a job matches, and
 * completed jobs, of which there may be a hundred times as many, are listed day by day.
 */
import { isMadeId, madeAt } from '../job/file-name.ts'
import type { Job } from '../job/job.ts'
import type { Progress } from '../job/progress.ts'
import { compareText, doneDays, type JobContent, type JobFile, newestInDoneDay, readJobFile } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import { type Sort, SORT_BY_NAME } from './order.ts'
import { readProgress } from '../run/output-reader.ts'
import { type State, STATES } from '../job/state.ts'
import { findExact, keyOfFile, LatestFiles } from '../spool/lookup.ts'

/** Which jobs match; a missing member matches all. */
export interface JobFilter {
  readonly states?: readonly State[]
  readonly queue?: string
  readonly tag?: string
}

/** A job by its file: id, state and path. */
export interface JobRef {
  readonly id: string
  readonly state: State
  readonly path: string
}

/** A job in a list; if its file cannot be read, `unreadable` says why and `job` is undefined. */
export interface ListedJob extends JobRef {
  readonly job: Job | undefined
  readonly unreadable: string | undefined
  /** What a running job reports. */
  readonly progress?: Progress
}

export interface ListOptions {
  readonly sort?: Sort
  /** How many to return at most (the first ones). */
  readonly limit?: number
}

/** Jobs that match, sorted. */
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

export interface NewestJobs {
  /** In the usual order. */
  readonly jobs: ListedJob[]
  /** How many match besides. */
  readonly more: number
}

/** The jobs that were enqueued last of those that match. Reads no others, unless a tag is asked for. */
export function newestJobs(home: Home, filter: JobFilter, limit: number): NewestJobs {
  const matches = [...findMatchesIn(home, filter, 'order')]
  const place = new Map(matches.map((match, i) => [match, i]))
  const newest = matches.length > limit ? matches.toSorted((a, b) => enqueuedAt(b.file) - enqueuedAt(a.file)) : matches
  const found: { readonly listed: ListedJob; readonly at: number }[] = []
  let unread = matches.length
  for (const match of newest) {
    // A tag is not in the name: only reading tells how many have it.
    if (found.length >= limit && filter.tag === undefined) break
    unread--
    const listed = readListed(home, match, filter)
    if (listed) found.push({ listed, at: place.get(match) ?? 0 })
  }
  const jobs = found.slice(0, limit).toSorted((a, b) => a.at - b.at)
  return { jobs: jobs.map(({ listed }) => listed), more: unread + found.length - jobs.length }
}

/** When a job was enqueued (ms), from its name: by its generated id, else by its time there, which is later for some. */
const enqueuedAt = ({ name: { id, due } }: JobFile): number => (isMadeId(id) ? madeAt(id) : due / 1000)

/** A job whose name may match. */
interface Match {
  readonly file: JobFile
  /** Its present file and content; undefined when it has left the states that match. */
  read(): { readonly file: JobFile; readonly content: JobContent } | undefined
}

/** Jobs whose names may match, each once; sorted if the order depends on names only. */
function* findMatchesIn(home: Home, filter: JobFilter, sort: Sort): Generator<Match> {
  const compare = SORT_BY_NAME[sort]
  const inOrder = (all: JobFile[]): JobFile[] => (compare ? all.sort(compare) : all)
  const { states = STATES } = filter
  // Completed jobs come last in this order: with a limit they are often not listed at all.
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
        // If it was completed meanwhile, it is listed below.
        if (!now) given.delete(keyOfFile(file))
        return now
      },
    }
  }
  if (!isLazy) return
  // A job that was yielded as running and completed since is not yielded again.
  const isNew = (file: JobFile): boolean => mayMatch(file, filter) && !given.has(keyOfFile(file))
  for (const day of doneDays(home))
    for (const file of newestInDoneDay(home, day))
      if (isNew(file)) yield { file, read: () => readAgain(home, file, states) }
}

const mayMatch = (file: JobFile, { queue }: JobFilter): boolean =>
  queue === undefined || file.dropped === true || file.name.queue === queue

/** Reads a completed job, which may have been retried since it was listed. */
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

/** Narrows the jobs that match. */
export interface MatchOptions {
  /** Only ids that begin like this. */
  readonly startsWith?: string
  /** How many at most (the first ones). */
  readonly limit?: number
}

/** Jobs that match, in the order they run. Reads a file only if its name does not tell. */
export function matchingJobs(home: Home, filter: JobFilter, { startsWith = '', limit }: MatchOptions = {}): JobRef[] {
  const found: JobRef[] = []
  for (const candidate of findMatchesIn(home, filter, 'order')) {
    if (limit !== undefined && found.length >= limit) break
    const { file } = candidate
    const isNameEnough = filter.tag === undefined && !file.dropped
    const one = isNameEnough
      ? { id: file.name.id, state: file.state, path: file.path }
      : readListed(home, candidate, filter)
    if (one?.id.startsWith(startsWith)) found.push({ id: one.id, state: one.state, path: one.path })
  }
  return found
}
