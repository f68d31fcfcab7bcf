/** The queue for reading: jobs, their output, workers, settings and history. Changes nothing on disk. */
import { readBlocks } from './disk/read.ts'
import { nowMs } from './clock.ts'
import type { Config } from './config/schema.ts'
import { QueueError } from './errors.ts'
import { type Event, newestEvents } from './journal/journal.ts'
import type { JournalOffset, LiveJournal } from './journal/live.ts'
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
import { type Home, isMade, layout, refuseUnsafe, requireHome } from './spool/layout.ts'
import {
  type JobFilter,
  type JobRef,
  type ListedJob,
  listJobs,
  type ListOptions,
  matchingJobs,
  type MatchOptions,
  type NewestJobs,
  newestJobs,
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
import {
  listOutputs,
  OutputReader,
  type OutputStart,
  readProgress,
  runNumbers,
  type RunOutput,
} from './run/output-reader.ts'
import { type DiskSpace, diskSpace } from './disk/space.ts'
import { holderOf, holders } from './spool/holders.ts'
import { type Trouble, troublesOf } from './spool/troubles.ts'
import { listen, type ListenedKind, type Listener, type ListenOptions } from './journal/listen.ts'
import { readPauses, readQueueSettings } from './spool/queue-files.ts'
import { readSchedule, scheduleNames, schedulePath } from './spool/schedules.ts'
import type { Occurrence, ScheduleInfo } from './query/schedules.ts'
import { type BadSchedule, isBad, type Schedule, whyNotScheduleName } from './schedule/schedule.ts'
import type { Pause } from './job/pause.ts'
import type { Dependencies } from './query/deps.ts'
import { type QueueInfo, queueInfos } from './query/queues.ts'
import { type LimitInfo, limitInfos } from './query/limits.ts'
import type { AllSettings } from './job/queue-settings.ts'
import { type WorkerInfo, workersOf } from './query/workers.ts'
import type { Explanation } from './query/explain.ts'
import type { LogIndex } from './query/log-index.ts'
import type { SlotInfo } from './query/slots.ts'
import { homePath } from './config/env.ts'
import { readConfig, readSettings } from './config/file.ts'
import { runPaths } from './run/paths.ts'
import { findExact } from './spool/lookup.ts'

/** The paths of a run's output; the files may be read while it runs. */
export interface Output {
  readonly run: number
  readonly stdout: string
  readonly stderr: string
}

export interface WaitOptions {
  readonly signal?: AbortSignal
  /** Seconds. Default: without limit. */
  readonly timeout?: number
}

/** Longer timers fire at once. */
const MAX_TIMER_MS = 2_147_483_647

/** @throws QueueError USAGE when it is no number of seconds to wait */
export function requireTimeout(timeout: number | undefined): void {
  if (timeout === undefined || (typeof timeout === 'number' && timeout >= 0)) return
  throw new QueueError(
    'USAGE',
    `timeout: ${String(timeout)} is no number of seconds`,
    'leave it out to wait without limit',
  )
}

/** A queue that is only read: what {@link Queue} can do without changing anything. */
export class QueueReader {
  protected readonly dirs: Home

  protected constructor(home: Home) {
    this.dirs = home
  }

  /**
   * Opens the queue in an existing home directory for reading.
   * @param options.home default: QUEUECTL_HOME, else `~/.queuectl`
   * @throws QueueError FAILED when there is no home, UNSAFE_HOME when other users may write to it
   */
  static open(options: { readonly home?: string } = {}): QueueReader {
    const home = layout(homePath(options.home))
    requireHome(home)
    refuseUnsafe(home)
    return new QueueReader(home)
  }

  /** The absolute path of the home directory. */
  get home(): string {
    return this.dirs.root
  }

  /** Is there a home? Without one the queue is empty. */
  get isMade(): boolean {
    return isMade(this.dirs)
  }

  /**
   * A job with its history.
   * @param target a whole id, `last` for the job enqueued last, or the last 6 or more characters of a generated id
   * @throws QueueError NOT_FOUND; USAGE when several jobs match; FAILED when the job's file cannot be read
   */
  async get(target: JobRefOrId): Promise<Job> {
    const id = typeof target === 'string' ? this.resolveLast(target) : target.id
    let known = typeof target === 'string' ? undefined : jobFileAt(this.dirs, target.path, target.state)
    for (let tries = 0; tries < 5; tries++) {
      const job = readJobOrThrow(known ?? resolveJob(this.dirs, id, 'show'), 'show')
      if (job) return job
      known = undefined
    }
    throw new QueueError('NOT_FOUND', `cannot show ${id}: it keeps moving`, 'try again')
  }

  /** Jobs that match, sorted, with their records. */
  async list(filter: JobFilter = {}, options: ListOptions = {}): Promise<ListedJob[]> {
    return listJobs(this.dirs, filter, options)
  }

  /** The jobs that were enqueued last of those that match, and how many more there are. */
  async newest(filter: JobFilter, limit: number): Promise<NewestJobs> {
    return newestJobs(this.dirs, filter, limit)
  }

  /** Jobs that match, in the order they run. Quicker than {@link list}: reads no record unless a tag is asked for. */
  async select(filter: JobFilter, options: MatchOptions = {}): Promise<JobRef[]> {
    return matchingJobs(this.dirs, filter, options)
  }

  /** The names of all queues that have a job that is not completed, sorted. */
  async queues(): Promise<string[]> {
    return queuesOf(this.dirs)
  }

  /** The pauses in force, by queue; that of all queues by `_all`. */
  async pauses(): Promise<ReadonlyMap<string, Pause>> {
    return readPauses(this.dirs, nowMs())
  }

  /** The settings of the queues that have any, by queue; those of all queues by `_all`. */
  async queueSettings(): Promise<AllSettings> {
    return readQueueSettings(this.dirs)
  }

  /** The limits, how many commands run under each, and which. */
  async limits(): Promise<LimitInfo[]> {
    return limitInfos(this.dirs)
  }

  /** The schedules: when each occurs, what it did last, and what is wrong with it. */
  async schedules(): Promise<ScheduleInfo[]> {
    const { scheduleInfos } = await import('./query/schedules.ts')
    return scheduleInfos(this.dirs)
  }

  /** The names of those that fire nothing, and why. */
  async badSchedules(): Promise<[name: string, why: string][]> {
    const [names, why] = this.#scheduleNames()
    if (why !== undefined) return [['*', why]]
    return names.flatMap((name): [string, string][] => {
      const schedule = readSchedule(this.dirs, name)
      return schedule && isBad(schedule) ? [[name, schedule.bad]] : []
    })
  }

  /** Or why they cannot be listed. */
  #scheduleNames(): [names: string[], why?: string] {
    try {
      return [scheduleNames(this.dirs)]
    } catch (error) {
      return [[], error instanceof Error ? error.message : String(error)]
    }
  }

  /** One of them; undefined when there is no such schedule. */
  async schedule(name: string): Promise<ScheduleInfo | undefined> {
    const { scheduleInfo } = await import('./query/schedules.ts')
    return whyNotScheduleName(name) === undefined ? scheduleInfo(this.dirs, name) : undefined
  }

  /** What a schedule has done, newest first: the last 64 times. */
  async scheduleHistory(name: string): Promise<Occurrence[]> {
    const { scheduleHistory } = await import('./query/schedules.ts')
    return whyNotScheduleName(name) === undefined ? scheduleHistory(this.dirs, name) : []
  }

  /** A schedule as its file says; undefined when there is none. */
  async readSchedule(name: string): Promise<Schedule | BadSchedule | undefined> {
    return whyNotScheduleName(name) === undefined ? readSchedule(this.dirs, name) : undefined
  }

  /** The next times of a schedule, in milliseconds since the epoch. */
  async nextTimes(name: string, count: number): Promise<number[]> {
    const { timesOf } = await import('./query/schedules.ts')
    return whyNotScheduleName(name) === undefined ? timesOf(this.dirs, name, count) : []
  }

  /** The paths of the files of all schedules. */
  async scheduleFiles(): Promise<string[]> {
    return scheduleNames(this.dirs).map((name) => schedulePath(this.dirs, name))
  }

  /** Every queue that has a job that is not completed, settings, or a pause: its jobs by state, and these. */
  async queueInfos(): Promise<QueueInfo[]> {
    return queueInfos(this.dirs)
  }

  /**
   * For each id its job, or the error why there is none. That is NOT_FOUND, or USAGE when several jobs match.
   * @param doing what is to be done with them, for the error messages: `cancel`
   * @throws QueueError NOT_FOUND for `last` when no job was enqueued yet
   */
  async find(ids: readonly string[], doing: string): Promise<(JobRef | QueueError)[]> {
    const resolved = ids.map((id) => this.resolveLast(id))
    return resolveJobs(this.dirs, resolved, doing)
  }

  /** How long (seconds) the oldest pending job has been ready; undefined when none is pending. */
  async oldestReady(): Promise<number | undefined> {
    const since = oldestIn(this.dirs, 'pending')
    return since === undefined ? undefined : Math.max(0, (nowMs() - since) / 1000)
  }

  /** How many jobs are in each state, and how many files in `corrupt`. `pending` includes `scheduled`. */
  async count(): Promise<Counts> {
    return countJobs(this.dirs)
  }

  /**
   * The paths of a run's output.
   * @param of an id, or a job as {@link get} returned it, which is not looked up again
   * @param run default: the newest
   * @throws QueueError NOT_FOUND when there is no such job, run or output
   */
  async output(of: string | Pick<Job, 'id'>, run?: number): Promise<Output> {
    const id = typeof of === 'string' ? this.exactId(of, 'show the output of') : of.id
    const numbers = runNumbers(this.dirs, id)
    const wanted = run ?? numbers.at(-1)
    if (wanted === undefined) throw new QueueError('NOT_FOUND', `${id} has no output yet: it has not been started`)
    if (!numbers.includes(wanted))
      throw new QueueError('NOT_FOUND', `${id} has no run ${wanted}`, `it has: ${numbers.join(', ')}`)
    const paths = runPaths(this.dirs, id, wanted)
    return { run: wanted, stdout: paths.out, stderr: paths.err }
  }

  /**
   * What a run has written to a stream so far, in blocks.
   * @param tail only this many lines, from the end
   * @throws QueueError NOT_FOUND when there is no such job
   */
  *read(id: string, run: number, stream: 'stdout' | 'stderr', tail?: number): Generator<Buffer> {
    const reader = this.openOutput({ id: this.exactId(id, 'show the output of'), run }, stream, { tail })
    try {
      yield* reader.readNew()
    } finally {
      reader.close()
    }
  }

  /** A reader of one stream of a run, for output that grows; the caller closes it. The job is not looked up. */
  openOutput(
    of: { readonly id: string; readonly run: number },
    stream: 'stdout' | 'stderr',
    start?: OutputStart,
  ): OutputReader {
    return new OutputReader(runPaths(this.dirs, of.id, of.run), stream === 'stdout' ? 'out' : 'err', start)
  }

  /** The lines of one stream of a run, by number and by text, also of output that grows. The job is not looked up. */
  async logIndex(of: { readonly id: string; readonly run: number }, stream: 'stdout' | 'stderr'): Promise<LogIndex> {
    const { LogIndex } = await import('./query/log-index.ts')
    return new LogIndex(this.dirs, of, stream)
  }

  /** The runs of a job that have output, and its size in bytes. @param job as {@link get} returned it */
  written(job: Pick<Job, 'id'>): RunOutput[] {
    return listOutputs(this.dirs, job.id)
  }

  /** Bytes `from` to `to` (exclusive) of a file that `output` named, in blocks. */
  *bytes(path: string, from: number, to: number): Generator<Buffer<ArrayBuffer>> {
    yield* readBlocks(path, from, to)
  }

  /** The workers of this home. A dead one is listed until another has taken over its jobs. */
  async workers(): Promise<WorkerInfo[]> {
    return workersOf(this.dirs)
  }

  /** What the living workers leave alone for a while because it cannot be handled now. */
  async troubles(): Promise<Trouble[]> {
    return troublesOf(holders(this.dirs))
  }

  /** Watches the lease of a worker: does it renew it within the time of three renewals? */
  async renewsLease(name: string): Promise<boolean> {
    const { unrenewedStamp } = await import('./spool/silence.ts')
    return (await unrenewedStamp(this.dirs, name)) === undefined && holderOf(this.dirs, name) !== undefined
  }

  /**
   * Follows a job and its output, from its newest run on, until it is over or `signal` is aborted. Works for a
   * waiting job, too, and with any worker.
   * @throws QueueError NOT_FOUND; USAGE when several jobs match
   */
  async *follow(id: string, options: FollowOptions = {}): AsyncGenerator<FollowEvent> {
    yield* followRuns(this.dirs, this.exactId(id, 'follow'), options)
  }

  /**
   * Waits for jobs and yields each once it is over (completed, dead or removed), in the order they end.
   * @throws QueueError NOT_FOUND; USAGE when several jobs match
   */
  async *ends(jobs: readonly JobRefOrId[], { signal }: Pick<WaitOptions, 'signal'> = {}): AsyncGenerator<EndedJob> {
    const exact = jobs.map((job) => (typeof job === 'string' ? this.exactId(job, 'wait for') : job.id))
    yield* waitForEnds(this.dirs, exact, signal)
  }

  /**
   * Waits until a job is over. @returns the job, completed or dead; undefined when its file was removed by hand
   * @throws QueueError NOT_FOUND; USAGE when several jobs match, or the timeout is none; STILL_RUNNING after
   *   `options.timeout`; the reason of `options.signal` when that is aborted
   */
  async wait(job: JobRefOrId, options: WaitOptions = {}): Promise<Job | undefined> {
    const { signal, timeout } = options
    requireTimeout(timeout)
    signal?.throwIfAborted()
    const timer = timeout === undefined ? undefined : AbortSignal.timeout(Math.min(timeout * 1000, MAX_TIMER_MS))
    const either = AbortSignal.any([signal, timer].filter((one) => one !== undefined))
    for await (const ended of this.ends([job], { signal: either })) return ended.job
    signal?.throwIfAborted()
    const id = typeof job === 'string' ? job : job.id
    throw new QueueError('STILL_RUNNING', `${id} is not over after ${timeout} s`)
  }

  readonly #ends = new Set<() => void>()

  /**
   * Calls a function for each event of a kind that any process records: `completed`, `failed`, `dead`, ..., or `*` for all. From
   * now on, or with `options.after` from where another listener ended.
   * @returns a function that ends it; the process stays until then, or until the queue is closed
   * @throws QueueError USAGE when there is no such kind
   */
  on(kind: ListenedKind, listener: Listener, options: ListenOptions = {}): () => void {
    const end = listen(this.dirs, kind, listener, options)
    this.#ends.add(end)
    return () => {
      this.#ends.delete(end)
      end()
    }
  }

  /** Ends all listeners. */
  protected endListeners(): void {
    for (const end of this.#ends) end()
    this.#ends.clear()
  }

  /** The progress a running job has reported through the file named in QUEUECTL_PROGRESS. */
  progress(job: Job): Progress | undefined {
    return readProgress(this.dirs, job)
  }

  /**
   * Counts and durations of everything that has happened.
   * @param options.recent how many of the newest events to include; default: 10
   * @throws QueueError FAILED when the totals of the journal are damaged
   */
  async metrics(options: { readonly recent?: number } = {}): Promise<Metrics> {
    return readMetrics(this.dirs, options.recent ?? 10)
  }

  /** Events, oldest first; with `follow` then new ones, until `signal` is aborted. */
  events(options: EventsOptions = {}): AsyncIterable<Event> {
    return queryEvents(this.dirs, options)
  }

  /** The journal for a long-running reader, which closes it. @throws QueueError FAILED as {@link metrics} */
  async ledger(queueOf?: (id: string) => string | undefined): Promise<LiveJournal> {
    const { LiveJournal } = await import('./journal/live.ts')
    return LiveJournal.open(this.dirs, queueOf)
  }

  /** A page of events, newest first. */
  async eventPage(search: EventSearch): Promise<EventPage> {
    const { pageOfEvents } = await import('./journal/page.ts')
    return pageOfEvents(this.dirs, search)
  }

  /** The events recorded since an offset, oldest first; undefined when there are more than `max`, or the day is gone. */
  async eventsSince(offset: JournalOffset, max: number): Promise<Event[] | undefined> {
    const { eventsSince } = await import('./journal/page.ts')
    return eventsSince(this.dirs, offset, max)
  }

  /** Free space on the disk of the home. While it is `full` no job is started. */
  async room(): Promise<DiskSpace> {
    return diskSpace(this.dirs)
  }

  /**
   * The home for a long-running reader, which closes it.
   * @param options.isPolling rescan by a timer only, where the file system reports no changes
   */
  async live(options: { readonly isPolling?: boolean } = {}): Promise<Live> {
    const { Live } = await import('./catalog/live.ts')
    return Live.open(this.dirs, options.isPolling)
  }

  /** The files in `corrupt/`, and why each was quarantined. */
  async corrupt(): Promise<CorruptFile[]> {
    return corruptFiles(this.dirs)
  }

  /** The settings in force. @throws QueueError BROKEN_CONFIG when config.json cannot be used */
  config(): Config {
    return readConfig(this.dirs)
  }

  /** What config.json sets, without defaults. @throws QueueError BROKEN_CONFIG when it cannot be used */
  settings(): Partial<Config> {
    return readSettings(this.dirs)
  }

  /** Why a job is not running, and when it probably will. @throws QueueError NOT_FOUND; USAGE when several jobs match */
  async explain(id: JobRefOrId): Promise<Explanation> {
    const { explain } = await import('./query/explain.ts')
    return explain(this.dirs, this.resolveLast(id))
  }

  /** What a job waits for, and what waits for it. @throws QueueError NOT_FOUND; USAGE when several jobs match */
  async dependencies(id: JobRefOrId): Promise<Dependencies> {
    const { dependenciesOf } = await import('./query/deps.ts')
    return dependenciesOf(this.dirs, this.resolveLast(id))
  }

  /** The last lines (64 kB at most) of the log of a worker; undefined when it has none in this home. */
  async workerLog(name: string): Promise<string[] | undefined> {
    const { workerLog } = await import('./query/workers.ts')
    return workerLog(this.dirs, name)
  }

  /** What every slot of this machine's workers runs, and what that costs. Measures for 200 ms. */
  async slots(): Promise<SlotInfo[]> {
    const { slotsOf } = await import('./query/slots.ts')
    return slotsOf(this.dirs)
  }

  /** The first of the jobs that wait for their time, and how many there are; undefined when none waits. */
  async waiting(): Promise<WaitingJobs | undefined> {
    return waitingJobs(this.dirs)
  }

  /** @throws QueueError NOT_FOUND; USAGE when several jobs match */
  protected exactId(id: string, doing: string): string {
    return resolveJob(this.dirs, this.resolveLast(id), doing).name.id
  }

  /** Replaces `last` by the id of the job enqueued last. @throws QueueError NOT_FOUND when there is none */
  protected resolveLast<T extends JobRefOrId>(target: T): T | string {
    return target === 'last' ? this.#last() : target
  }

  #last(): string {
    for (const event of newestEvents(this.dirs, (one) => one.event === 'enqueued', 50).reverse())
      if (findExact(this.dirs, event.job)) return event.job
    throw new QueueError('NOT_FOUND', 'there is no last job: none was enqueued yet')
  }
}
