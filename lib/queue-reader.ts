/**
 * What can be seen of a queue: jobs, their output, workers, settings, the past. Reading only.
 */
import { readBlocks } from './disk/read.ts'
import { nowMs } from './clock.ts'
import type { Config } from './config/schema.ts'
import { QueueError } from './errors.ts'
import { type Event, newestEvents } from './journal/journal.ts'
import type { LiveJournal } from './journal/live.ts'
import type { JournalOffset } from './journal/live.ts'
import type { Metrics } from './journal/metrics.ts'
import type { EventPage, EventSearch } from './journal/page.ts'
import { queryEvents, type EventsOptions } from './journal/query.ts'
import { readMetrics } from './journal/totals.ts'
import type { Job } from './job/job.ts'
import type { Progress } from './job/progress.ts'
import { type CorruptFile, corruptFiles } from './spool/corrupt.ts'
import { type EndedJob, waitForEnds } from './query/wait.ts'
import { countJobs, type Counts, jobFileAt, readJobOrThrow } from './spool/scan.ts'
import { followRuns, type FollowEvent, type FollowOptions } from './query/follow.ts'
import type { Home } from './spool/layout.ts'
import {
  type JobFilter,
  type JobRef,
  type ListedJob,
  listJobs,
  type ListOptions,
  matchingJobs,
  type MatchOptions,
} from './query/list.ts'
import type { Live } from './catalog/live.ts'
import {
  type JobRefOrId,
  oldestIn,
  queuesOf,
  resolveJob,
  resolveJobs,
  type WaitingJobs,
  waitingJobs,
} from './query/resolve.ts'
import { listOutputs, OutputReader, readProgress, runNumbers, type RunOutput } from './run/output-reader.ts'
import { type DiskSpace, diskSpace } from './disk/space.ts'
import { type WorkerInfo, workersOf } from './query/workers.ts'
import type { Explanation } from './query/explain.ts'
import type { SlotInfo } from './query/slots.ts'
import { readConfig, readSettings } from './config/file.ts'
import { runPaths } from './run/paths.ts'
import { findExact } from './spool/lookup.ts'

/** Where the output of a run lies; the files may be read while it runs. */
export interface Output {
  readonly run: number
  readonly stdout: string
  readonly stderr: string
}

export class QueueReader {
  protected readonly dirs: Home

  protected constructor(home: Home) {
    this.dirs = home
  }

  /** The absolute path of the home directory. */
  get home(): string {
    return this.dirs.root
  }

  /**
   * A job with its history.
   * @param meant in full, `last` for the one enqueued last, or the last 6 or more characters of a made id
   * @throws QueueError NOT_FOUND, USAGE when several are meant, FAILED when its file cannot be read
   */
  async get(meant: JobRefOrId): Promise<Job> {
    const id = typeof meant === 'string' ? this.meant(meant) : meant.id
    let known = typeof meant === 'string' ? undefined : jobFileAt(this.dirs, meant.path, meant.state)
    for (let looks = 0; looks < 5; looks++) {
      const job = readJobOrThrow(known ?? resolveJob(this.dirs, id, 'show'), 'show')
      if (job) return job
      known = undefined
    }
    throw new QueueError('NOT_FOUND', `cannot show ${id}: it keeps moving`, 'try again')
  }

  /** Jobs that match, sorted; `limit` keeps the first ones. */
  async list(filter: JobFilter = {}, options: ListOptions = {}): Promise<ListedJob[]> {
    return listJobs(this.dirs, filter, options)
  }

  /** Jobs that match, in order, as far as their files' names tell: what a change of many is given. */
  async select(filter: JobFilter, narrowing: MatchOptions = {}): Promise<JobRef[]> {
    return matchingJobs(this.dirs, filter, narrowing)
  }

  /** The queues that jobs lie in which are not completed. */
  async queues(): Promise<string[]> {
    return queuesOf(this.dirs)
  }

  /** The jobs meant by these ids; an error in the place of each that is none. `doing` is the verb it speaks of. */
  async find(ids: readonly string[], doing: string): Promise<(JobRef | QueueError)[]> {
    const meant = ids.map((id) => (id === 'last' ? this.#last() : id))
    return resolveJobs(this.dirs, meant, doing)
  }

  /** For how many seconds the job that waits longest could have run; undefined when none may run now. */
  async oldestReady(): Promise<number | undefined> {
    const since = oldestIn(this.dirs, 'pending')
    return since === undefined ? undefined : Math.max(0, (nowMs() - since) / 1000)
  }

  /** How many jobs are in each state; `pending` includes the `scheduled` ones. */
  async count(): Promise<Counts> {
    return countJobs(this.dirs)
  }

  /**
   * Where the output of a run lies: the newest, or run number `run`. A job that was just read is not looked for again.
   * @throws QueueError NOT_FOUND when there is no such job, run or output yet
   */
  async output(of: string | Pick<Job, 'id'>, run?: number): Promise<Output> {
    const id = typeof of === 'string' ? resolveJob(this.dirs, this.meant(of), 'show the output of').name.id : of.id
    const numbers = runNumbers(this.dirs, id)
    const wanted = run ?? numbers.at(-1)
    if (wanted === undefined) throw new QueueError('NOT_FOUND', `${id} has no output yet: it has not been started`)
    if (!numbers.includes(wanted))
      throw new QueueError('NOT_FOUND', `${id} has no run ${wanted}`, `it has: ${numbers.join(', ')}`)
    const paths = runPaths(this.dirs, id, wanted)
    return { run: wanted, stdout: paths.out, stderr: paths.err }
  }

  /** What a run wrote to one of its streams, in blocks: all of it so far, or the last `tail` lines. */
  *read(id: string, run: number, stream: 'stdout' | 'stderr', tail?: number): Generator<Buffer> {
    const paths = runPaths(this.dirs, this.exact(id, 'show the output of'), run)
    const reader = new OutputReader(paths, stream === 'stdout' ? 'out' : 'err', tail)
    try {
      yield* reader.readNew()
    } finally {
      reader.close()
    }
  }

  /** All runs of a job that left output, and how much. The job is one that was just read. */
  written(job: Pick<Job, 'id'>): RunOutput[] {
    return listOutputs(this.dirs, job.id)
  }

  /** A part of a file that {@link output} named, in blocks. */
  *bytes(path: string, from: number, to: number): Generator<Buffer<ArrayBuffer>> {
    yield* readBlocks(path, from, to)
  }

  /** The workers of this home; a dead one is listed until another has taken its jobs over. */
  async workers(): Promise<WorkerInfo[]> {
    return workersOf(this.dirs)
  }

  /**
   * What happens to a job from now on, and the output of its newest run so far, until it is over or `cut` is aborted.
   * Works for a job that is pending or run by any worker.
   * @throws QueueError NOT_FOUND
   */
  async *follow(id: string, options: FollowOptions = {}): AsyncGenerator<FollowEvent> {
    yield* followRuns(this.dirs, this.exact(id, 'follow'), options)
  }

  /**
   * Each of the jobs once it is over (completed, dead or removed), in the order in which they end.
   * @throws QueueError NOT_FOUND
   */
  async *ends(jobs: readonly JobRefOrId[], cut?: AbortSignal): AsyncGenerator<EndedJob> {
    const exact = jobs.map((job) => (typeof job === 'string' ? this.exact(job, 'wait for') : job.id))
    yield* waitForEnds(this.dirs, exact, cut)
  }

  /** How far a running job says it is, by the file that QUEUECTL_PROGRESS names to it. */
  progress(job: Job): Progress | undefined {
    return readProgress(this.dirs, job)
  }

  /** What the journal tells of the past. */
  async metrics(options: { readonly recent?: number } = {}): Promise<Metrics> {
    return readMetrics(this.dirs, options.recent ?? 10)
  }

  /** What happened, oldest first; with `follow`, then what happens, until that is aborted. */
  events(options: EventsOptions = {}): AsyncIterable<Event> {
    return queryEvents(this.dirs, options)
  }

  /** The journal for a program that stays; whoever opens it closes it. */
  async ledger(): Promise<LiveJournal> {
    const { LiveJournal } = await import('./journal/live.ts')
    return LiveJournal.open(this.dirs)
  }

  /** What happened, newest first, a page of it. */
  async eventPage(search: EventSearch): Promise<EventPage> {
    const { pageOfEvents } = await import('./journal/page.ts')
    return pageOfEvents(this.dirs, search)
  }

  /** What happened since a place in the journal; undefined when that is more than `most` events, or cannot be told. */
  async eventsSince(place: JournalOffset, most: number): Promise<Event[] | undefined> {
    const { eventsSince } = await import('./journal/page.ts')
    return eventsSince(this.dirs, place, most)
  }

  /** How much room there is on the disk of the home; `full`: no job is started until there is more. */
  async room(): Promise<DiskSpace> {
    return diskSpace(this.dirs)
  }

  /**
   * The home for a program that stays and asks again and again; whoever opens it closes it.
   * @param options.isPolling by timed looks alone, where the file system tells nothing of changes
   */
  async live(options: { readonly isPolling?: boolean } = {}): Promise<Live> {
    const { Live } = await import('./catalog/live.ts')
    return Live.open(this.dirs, options.isPolling)
  }

  /** Files that were set aside, and why. */
  async corrupt(): Promise<CorruptFile[]> {
    return corruptFiles(this.dirs)
  }

  /** The settings in force. @throws QueueError BAD_CONFIG when config.json is wrong. */
  config(): Config {
    return readConfig(this.dirs)
  }

  /** What config.json sets, without the defaults. */
  settings(): Partial<Config> {
    return readSettings(this.dirs)
  }

  /** Why a job is not running now, and when it will. @throws QueueError NOT_FOUND */
  async explain(id: JobRefOrId): Promise<Explanation> {
    const { explain } = await import('./query/explain.ts')
    return explain(this.dirs, this.meant(id))
  }

  /** Every slot of the workers of this machine: what it runs, and what that costs. Takes 0.2 s to measure. */
  async slots(): Promise<SlotInfo[]> {
    const { slotsOf } = await import('./query/slots.ts')
    return slotsOf(this.dirs)
  }

  /** The first of the jobs that wait for their time, and how many do; undefined when none does. */
  async waiting(): Promise<WaitingJobs | undefined> {
    return waitingJobs(this.dirs)
  }

  protected exact(id: string, doing: string): string {
    return resolveJob(this.dirs, this.meant(id), doing).name.id
  }

  /** `last` is the job enqueued last, unless a job is called so. */
  protected meant<M extends JobRefOrId>(id: M): M | string {
    return id === 'last' ? this.#last() : id
  }

  #last(): string {
    for (const event of newestEvents(this.dirs, (one) => one.event === 'enqueued', 50).reverse())
      if (findExact(this.dirs, event.job)) return event.job
    throw new QueueError('NOT_FOUND', 'there is no last job: none was enqueued yet')
  }
}
