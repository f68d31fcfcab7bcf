/**
 * The verbs a user has. The command line, the HTTP interface and programs call this and nothing below it.
 */
import { join } from 'node:path'
import { type Config, type ConfigKey, homePath, readConfig, readSettings, writeSetting } from './config.ts'
import { QueueError } from './errors.ts'
import { type EventKind, events, newestEvents, tell } from './journal/journal.ts'
import { type Metrics, summarize } from './journal/metrics.ts'
import type { Job, JobRequest } from './job/job.ts'
import { readRequest } from './job/read.ts'
import { names, read } from './spool/files.ts'
import { findOne, type Meant, readWhole, retryJob, type Trial } from './spool/change.ts'
import type * as arranging from './spool/arrange.ts'
import type { Editing } from './spool/edit.ts'
import { enqueueMany, enqueueOne } from './spool/enqueue.ts'
import { type Counts, countJobs, findExact } from './spool/find.ts'
import {
  type Filter,
  type Listed,
  jobsMeant,
  listJobs,
  matchingJobs,
  type Narrowing,
  queuesOf,
  type Seen,
  type Sort,
  type Waiting,
  waitingJobs,
} from './spool/list.ts'
import { type Home, openHome } from './spool/home.ts'
import { runNumbers, runPaths } from './spool/runs.ts'
import { type WorkerInfo, workersOf } from './spool/workers.ts'
import type { Explanation } from './worker/explain.ts'
import type { SlotInfo } from './worker/ps.ts'

export type { Editing, Filter, Listed, Meant, Seen, Sort, Trial, Waiting, WorkerInfo }
export type { Explanation, Reason } from './worker/explain.ts'
export type { SlotInfo } from './worker/ps.ts'
export { SORTS } from './spool/list.ts'

/** Where the output of a run lies; the files may be read while it runs. */
export interface Output {
  readonly run: number
  readonly stdout: string
  readonly stderr: string
}

/** A file in `corrupt/`. */
export interface CorruptFile {
  readonly file: string
  readonly reason: string
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

  /** The absolute path of the home directory. */
  get home(): string {
    return this.#home.root
  }

  /**
   * Adds a job. When this resolves the job is on disk and survives a power cut.
   * @throws QueueError INVALID_JOB, DUPLICATE_JOB, BAD_CONFIG, DISK_FULL, NOT_WRITABLE
   */
  async enqueue(request: JobRequest): Promise<Job> {
    const job = enqueueOne(this.#home, readRequest(request), readConfig(this.#home))
    tell(this.#home, [{ event: 'enqueued', job: job.id }])
    return job
  }

  /**
   * Adds many jobs with one flush to disk; they are acknowledged together. Give it some thousands at a time.
   * @returns for each request the job, or why that one was refused (its id is taken); the others are enqueued
   * @throws QueueError INVALID_JOB when any request is invalid (then none is enqueued), BAD_CONFIG, DISK_FULL
   */
  async enqueueAll(requests: readonly JobRequest[]): Promise<(Job | QueueError)[]> {
    const results = enqueueMany(this.#home, requests.map(readRequest), readConfig(this.#home))
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
  async list(filter: Filter = {}, options: { readonly sort?: Sort; readonly limit?: number } = {}): Promise<Listed[]> {
    return listJobs(this.#home, filter, options.sort ?? 'order', options.limit ?? Number.POSITIVE_INFINITY)
  }

  /** Jobs that match, in order, as far as their files' names tell: what a change of many is given. */
  async select(filter: Filter, narrowing: Narrowing = {}): Promise<Seen[]> {
    return matchingJobs(this.#home, filter, narrowing)
  }

  /** The queues that jobs lie in which are not completed. */
  async queues(): Promise<string[]> {
    return queuesOf(this.#home)
  }

  /** The jobs meant by these ids; an error in the place of each that is none. `doing` is the verb it speaks of. */
  async find(ids: readonly string[], doing: string): Promise<(Seen | QueueError)[]> {
    const meant = ids.map((id) => (id === 'last' ? this.#last() : id))
    return jobsMeant(this.#home, meant, doing)
  }

  /** How many jobs are in each state; `pending` includes the `scheduled` ones. */
  async count(): Promise<Counts> {
    return countJobs(this.#home)
  }

  /**
   * Sends a failed, dead or completed job back to run again: attempts from zero, history and logs kept.
   * @throws QueueError NOT_FOUND, WRONG_STATE
   */
  async retry(id: Meant, options: Trial & { readonly onlyDead?: boolean } = {}): Promise<Job> {
    const job = await retryJob(this.#home, this.#meant(id), options.onlyDead ? 'dead' : undefined, options)
    this.#told('retried', job.id, options)
    return job
  }

  /**
   * Cancels a job: to `dead/`, with the reason. A running one is ended first (TERM, 10 s, KILL).
   * @returns the dead job, or the job as it is when its run was told to end and has not yet
   * @throws QueueError NOT_FOUND, WRONG_STATE when it is completed or dead
   */
  async cancel(id: Meant, reason = 'by hand', options: Trial & { readonly waitMs?: number } = {}): Promise<Job> {
    const { cancelAndWait, mayCancel } = await import('./worker/cancel.ts')
    if (options.dryRun) return mayCancel(this.#home, this.#meant(id))
    return cancelAndWait(this.#home, this.#meant(id), reason, options.waitMs ?? 15_000)
  }

  /**
   * Removes dead jobs for good, with their logs. Returns the ids.
   * @throws QueueError NOT_FOUND, WRONG_STATE when it is not dead
   */
  async purge(id: Meant, options: Trial = {}): Promise<string> {
    const { purgeJob } = await import('./spool/purge.ts')
    return purgeJob(this.#home, this.#meant(id), options)
  }

  /** Sets a waiting job aside: nothing happens to it until it is released. @throws QueueError NOT_FOUND, WRONG_STATE */
  async hold(id: Meant, options: Trial = {}): Promise<Seen> {
    return this.#arranged('held', options, (arrange) => arrange.holdJob(this.#home, this.#meant(id), options))
  }

  /** Puts a held job back to where it waited, or to run. @throws QueueError NOT_FOUND, WRONG_STATE */
  async release(id: Meant, options: Trial = {}): Promise<Seen> {
    return this.#arranged('released', options, (arrange) => arrange.releaseJob(this.#home, this.#meant(id), options))
  }

  /** Gives a job that does not run another priority. @throws QueueError USAGE, NOT_FOUND, WRONG_STATE */
  async prioritize(id: Meant, priority: number, options: Trial = {}): Promise<Seen> {
    const to = (arrange: Arrange): Promise<Seen> => arrange.prioritize(this.#home, this.#meant(id), priority, options)
    return this.#arranged('changed', options, to)
  }

  /** Gives a job that does not run to another queue. @throws QueueError USAGE, NOT_FOUND, WRONG_STATE */
  async move(id: Meant, queue: string, options: Trial = {}): Promise<Seen> {
    return this.#arranged('changed', options, (arrange) =>
      arrange.moveToQueue(this.#home, this.#meant(id), queue, options),
    )
  }

  /** Lets a waiting job run before all others; it waits for no time any more. @throws QueueError NOT_FOUND, WRONG_STATE */
  async top(id: Meant, options: Trial = {}): Promise<Seen> {
    return this.#arranged('changed', options, (arrange) => arrange.putOnTop(this.#home, this.#meant(id), options))
  }

  /** Takes a job out of the way to edit it; whoever calls this ends it. @throws QueueError NOT_FOUND, WRONG_STATE */
  async edit(id: Meant): Promise<Editing> {
    const { editJob } = await import('./spool/edit.ts')
    const editing = await editJob(this.#home, this.#meant(id), readConfig(this.#home))
    const save = async (): Promise<Job | undefined> => {
      const job = await editing.save()
      if (job) this.#told('changed', job.id)
      return job
    }
    return { ...editing, save }
  }

  /**
   * Where the output of a run lies: the newest, or run number `run`. A job that was just read is not looked for again.
   * @throws QueueError NOT_FOUND when there is no such job, run or output yet
   */
  async output(of: string | Pick<Job, 'id'>, run?: number): Promise<Output> {
    const id = typeof of === 'string' ? findOne(this.#home, this.#meant(of), 'show the output of').name.id : of.id
    const numbers = runNumbers(this.#home, id)
    const wanted = run ?? numbers.at(-1)
    if (wanted === undefined) throw new QueueError('NOT_FOUND', `${id} has no output yet: it has not been started`)
    if (!numbers.includes(wanted))
      throw new QueueError('NOT_FOUND', `${id} has no run ${wanted}`, `it has: ${numbers.join(', ')}`)
    const paths = runPaths(this.#home, id, wanted)
    return { run: wanted, stdout: paths.out, stderr: paths.err }
  }

  /** The workers of this home; a dead one is listed until another has taken its jobs over. */
  async workers(): Promise<WorkerInfo[]> {
    return workersOf(this.#home)
  }

  /** What the journal tells of the past. */
  async metrics(options: { readonly recent?: number } = {}): Promise<Metrics> {
    return summarize(events(this.#home), options.recent ?? 10)
  }

  /** Files that were set aside, and why. */
  async corrupt(): Promise<CorruptFile[]> {
    return names(this.#home.corrupt)
      .filter((file) => !file.endsWith('.reason'))
      .map((file) => ({
        file: join(this.#home.corrupt, file),
        reason: read(join(this.#home.corrupt, `${file}.reason`))?.trim() ?? 'unknown',
      }))
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
  }

  /** Why a job is not running now, and when it will. @throws QueueError NOT_FOUND */
  async explain(id: Meant): Promise<Explanation> {
    const { explain } = await import('./worker/explain.ts')
    return explain(this.#home, this.#meant(id))
  }

  /** Every slot of the workers of this machine: what it runs, and what that costs. Takes 0.2 s to measure. */
  async slots(): Promise<SlotInfo[]> {
    const { slotsOf } = await import('./worker/ps.ts')
    return slotsOf(this.#home)
  }

  /** The first of the jobs that wait for their time, and how many do; undefined when none does. */
  async waiting(): Promise<Waiting | undefined> {
    return waitingJobs(this.#home)
  }

  async #arranged(event: EventKind, options: Trial, act: (arrange: Arrange) => Promise<Seen>): Promise<Seen> {
    const seen = await act(await import('./spool/arrange.ts'))
    this.#told(event, seen.id, options)
    return seen
  }

  #told(event: EventKind, job: string, { dryRun }: Trial = {}): void {
    if (!dryRun) tell(this.#home, [{ event, job }])
  }

  /** `last` is the job enqueued last, unless a job is called so. */
  #meant<M extends Meant>(id: M): M | string {
    return id === 'last' ? this.#last() : id
  }

  #last(): string {
    for (const event of newestEvents(this.#home, (one) => one.event === 'enqueued', 50).reverse())
      if (findExact(this.#home, event.job)) return event.job
    throw new QueueError('NOT_FOUND', 'there is no last job: none was enqueued yet')
  }
}

type Arrange = typeof arranging
