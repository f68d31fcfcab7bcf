/**
 * The verbs a user has. The command line, the HTTP interface and programs call this and nothing below it.
 */
import { type Config, type ConfigKey, homePath, readConfig, readSettings, writeSetting } from './config.ts'
import type { Diagnosis } from './doctor/finding.ts'
import { QueueError } from './errors.ts'
import { type Event, newestEvents, tell } from './journal/journal.ts'
import type { Metrics } from './journal/metrics.ts'
import { type EventsOptions, eventsAsked } from './journal/past.ts'
import { history } from './journal/totals.ts'
import type { Job, JobRequest } from './job/job.ts'
import type { Progress } from './job/progress.ts'
import { readRequest } from './job/read.ts'
import { type Ended, ends } from './spool/ends.ts'
import { findOne, readWhole, retryJob } from './spool/change.ts'
import { type CorruptFile, corruptFiles } from './spool/corrupt.ts'
import { enqueueMany, enqueueOne } from './spool/enqueue.ts'
import { countJobs, type Counts, findExact } from './spool/find.ts'
import { type Followed, follow, type FollowOptions } from './spool/follow.ts'
import { type Filter, type Listed, listJobs, type ListOptions } from './spool/listing.ts'
import { type Home, layout, openHome } from './spool/home.ts'
import type { Pruned, PruneOptions } from './spool/prune.ts'
import { Reader } from './spool/reader.ts'
import { type Room, roomOf } from './spool/room.ts'
import { progressOf, runNumbers, runPaths } from './spool/runs.ts'
import { ring } from './spool/wake.ts'
import { type WorkerInfo, workersOf } from './spool/workers.ts'

export { type Checked, type Diagnosis, type Finding, isLeft } from './doctor/finding.ts'
export type { CorruptFile } from './spool/corrupt.ts'
export type { Ended } from './spool/ends.ts'
export type { Followed, FollowOptions } from './spool/follow.ts'
export type { Filter, Listed, ListOptions } from './spool/listing.ts'
export { SORTS, type Sort } from './spool/order.ts'
export type { Room } from './spool/room.ts'
export type { WorkerInfo } from './spool/workers.ts'

/** Where the output of a run lies; the files may be read while it runs. */
export interface Output {
  readonly run: number
  readonly stdout: string
  readonly stderr: string
}

export class Queue {
  readonly #home: Home

  private constructor(home: Home) {
    this.#home = home
  }

  /**
   * Opens the queue in a home directory, making it on first use.
   * @param options.home default: QUEUECTL_HOME, else `~/.queuectl`
   * @throws QueueError NOT_WRITABLE, UNSAFE_HOME
   */
  static open(options: { readonly home?: string } = {}): Queue {
    return new Queue(openHome(homePath(options.home)))
  }

  /**
   * Looks for what is wrong with a home, without making it and however unsafe it is. `fix` does now what a worker would
   * do about it sooner or later.
   * @throws QueueError FAILED when there is none; UNSAFE_HOME when it should fix one that others may write to
   */
  static async diagnose(options: { readonly home?: string; readonly fix?: boolean } = {}): Promise<Diagnosis> {
    const { diagnose } = await import('./worker/mend.ts')
    return diagnose(layout(homePath(options.home)), options.fix === true)
  }

  /** The absolute path of the home directory. */
  get home(): string {
    return this.#home.root
  }

  /**
   * Adds a job. When this resolves the job is on disk and survives a power cut.
   * @throws QueueError INVALID_JOB, DUPLICATE_JOB, BAD_CONFIG, DISK_FULL, NOT_WRITABLE
   */
  async enqueue(request: JobRequest): Promise<Job> {
    const job = enqueueOne(this.#home, here(readRequest(request)), readConfig(this.#home))
    tell(this.#home, [{ event: 'enqueued', job: job.id }])
    return job
  }

  /**
   * Adds many jobs with one flush to disk; they are acknowledged together. Give it some thousands at a time.
   * @returns for each request the job, or why that one was refused (its id is taken); the others are enqueued
   * @throws QueueError INVALID_JOB when any request is invalid (then none is enqueued), BAD_CONFIG, DISK_FULL
   */
  async enqueueAll(requests: readonly JobRequest[]): Promise<(Job | QueueError)[]> {
    const jobs = requests.map((request) => here(readRequest(request)))
    const results = enqueueMany(this.#home, jobs, readConfig(this.#home))
    tell(
      this.#home,
      results.flatMap((result) =>
        result instanceof QueueError ? [] : [{ event: 'enqueued' as const, job: result.id }],
      ),
    )
    return results
  }

  /**
   * A job with its history.
   * @param id in full, `last` for the one enqueued last, or the last 6 or more characters of a made id
   * @throws QueueError NOT_FOUND, USAGE when several are meant, FAILED when its file cannot be read
   */
  async get(id: string): Promise<Job> {
    for (let looks = 0; looks < 5; looks++) {
      const job = readWhole(findOne(this.#home, this.#meant(id), 'show'), 'show')
      if (job) return job
    }
    throw new QueueError('NOT_FOUND', `cannot show ${id}: it keeps moving`, 'try again')
  }

  /** Jobs that match, sorted; `limit` keeps the first ones. */
  async list(filter: Filter = {}, options: ListOptions = {}): Promise<Listed[]> {
    return listJobs(this.#home, filter, options)
  }

  /** How many jobs are in each state; `pending` includes the `scheduled` ones. */
  async count(): Promise<Counts> {
    return countJobs(this.#home)
  }

  /**
   * Sends a failed, dead or completed job back to run again: attempts from zero, history and logs kept.
   * @throws QueueError NOT_FOUND, WRONG_STATE
   */
  async retry(id: string, options: { readonly onlyDead?: boolean } = {}): Promise<Job> {
    const job = await retryJob(
      this.#home,
      this.#meant(id),
      options.onlyDead ? 'dead' : undefined,
      readConfig(this.#home).durability,
    )
    tell(this.#home, [{ event: 'retried', job: job.id }])
    return job
  }

  /**
   * Cancels a job: to `dead/`, with the reason. A running one is ended first (TERM, 10 s, KILL).
   * @returns the dead job, or the job as it is when its run was told to end and has not yet
   * @throws QueueError NOT_FOUND, WRONG_STATE when it is completed or dead
   */
  async cancel(id: string, reason = 'by hand', options: { readonly waitMs?: number } = {}): Promise<Job> {
    const { cancelAndWait } = await import('./worker/cancel.ts')
    return cancelAndWait(this.#home, this.#meant(id), reason, options.waitMs ?? 15_000)
  }

  /**
   * Removes dead jobs for good, with their logs. Returns the ids.
   * @throws QueueError NOT_FOUND, WRONG_STATE when it is not dead
   */
  async purge(id: string): Promise<string> {
    const { purgeJob } = await import('./spool/purge.ts')
    return purgeJob(this.#home, this.#meant(id))
  }

  /**
   * Where the output of a run lies: the newest, or run number `run`.
   * @throws QueueError NOT_FOUND when there is no such job, run or output yet
   */
  async output(id: string, run?: number): Promise<Output> {
    const seen = findOne(this.#home, this.#meant(id), 'show the output of')
    const numbers = runNumbers(this.#home, seen.name.id)
    const wanted = run ?? numbers.at(-1)
    if (wanted === undefined)
      throw new QueueError('NOT_FOUND', `${seen.name.id} has no output yet: it has not been started`)
    if (!numbers.includes(wanted))
      throw new QueueError('NOT_FOUND', `${seen.name.id} has no run ${wanted}`, `it has: ${numbers.join(', ')}`)
    const paths = runPaths(this.#home, seen.name.id, wanted)
    return { run: wanted, stdout: paths.out, stderr: paths.err }
  }

  /** What a run wrote to one of its streams, in blocks: all of it so far, or the last `tail` lines. */
  *read(id: string, run: number, stream: 'stdout' | 'stderr', tail?: number): Generator<Buffer> {
    const paths = runPaths(this.#home, this.#exact(id, 'show the output of'), run)
    const reader = new Reader(paths, stream === 'stdout' ? 'out' : 'err', tail)
    try {
      yield* reader.news()
    } finally {
      reader.close()
    }
  }

  /** The workers of this home; a dead one is listed until another has taken its jobs over. */
  async workers(): Promise<WorkerInfo[]> {
    return workersOf(this.#home)
  }

  /**
   * What happens to a job from now on, and the output of its newest run so far, until it is over or `cut` is aborted.
   * Works for a job that is pending or run by any worker.
   * @throws QueueError NOT_FOUND
   */
  async *follow(id: string, options: FollowOptions = {}): AsyncGenerator<Followed> {
    yield* follow(this.#home, this.#exact(id, 'follow'), options)
  }

  /**
   * Each of the jobs once it is over (completed, dead or removed), in the order in which they end.
   * @throws QueueError NOT_FOUND
   */
  async *ends(ids: readonly string[], cut?: AbortSignal): AsyncGenerator<Ended> {
    const exact = ids.map((id) => this.#exact(id, 'wait for'))
    yield* ends(this.#home, exact, cut)
  }

  /** How far a running job says it is, by the file that QUEUECTL_PROGRESS names to it. */
  progress(job: Job): Progress | undefined {
    return progressOf(this.#home, job)
  }

  /** What the journal tells of the past. */
  async metrics(options: { readonly recent?: number } = {}): Promise<Metrics> {
    return history(this.#home, options.recent ?? 10)
  }

  /**
   * Removes finished jobs for good, with their output: those over any of the limits, of completed jobs unless another
   * state is named. Without a limit: what the settings say, as workers do.
   * @param options.pruned called for each as it goes
   */
  async prune(options: PruneOptions = {}): Promise<Pruned[]> {
    const { prune } = await import('./spool/prune.ts')
    return prune(this.#home, options, readConfig(this.#home))
  }

  /** What happened, oldest first; with `follow`, then what happens, until that is aborted. */
  events(options: EventsOptions = {}): AsyncIterable<Event> {
    return eventsAsked(this.#home, options)
  }

  /** How much room there is on the disk of the home; `full`: no job is started until there is more. */
  async room(): Promise<Room> {
    return roomOf(this.#home)
  }

  /** Files that were set aside, and why. */
  async corrupt(): Promise<CorruptFile[]> {
    return corruptFiles(this.#home)
  }

  /** The settings in force. @throws QueueError BAD_CONFIG when config.json is wrong. */
  config(): Config {
    return readConfig(this.#home)
  }

  /** What config.json sets, without the defaults. */
  settings(): Partial<Config> {
    return readSettings(this.#home)
  }

  /** Sets a key; undefined takes it back to its default. */
  async setConfig(key: ConfigKey, value: Config[ConfigKey] | undefined): Promise<void> {
    await writeSetting(this.#home, key, value)
    ring(this.#home)
  }

  #exact(id: string, doing: string): string {
    return findOne(this.#home, this.#meant(id), doing).name.id
  }

  /** `last` is the job enqueued last, unless a job is called so. */
  #meant(id: string): string {
    if (id !== 'last') return id
    for (const event of newestEvents(this.#home, (one) => one.event === 'enqueued', 50).reverse())
      if (findExact(this.#home, event.job)) return event.job
    throw new QueueError('NOT_FOUND', 'there is no last job: none was enqueued yet')
  }
}

/** A job runs where it was enqueued unless it says where. */
const here = (request: JobRequest): JobRequest => ({ ...request, cwd: request.cwd ?? process.cwd() })
