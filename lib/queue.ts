/**
 * The library: everything that can be done with a queue. The command line, the HTTP API and programs use this and nothing
 * below it. The methods that only read are in queue-reader.ts.
 */
import type { Config, ConfigKey } from './config/schema.ts'
import type { Diagnosis } from './doctor/finding.ts'
import { QueueError } from './errors.ts'
import { type EventKind, recordEvents } from './journal/journal.ts'
import type { Job, JobRequest } from './job/job.ts'
import { nowMs } from './clock.ts'
import { timeOfDelay } from './job/spelling.ts'
import { QueueReader, requireTimeout } from './queue-reader.ts'
import type { ChangeOptions, DryRunOption } from './operator/take.ts'
import type { Editing } from './operator/edit.ts'
import type { WaitOptions } from './queue-reader.ts'
import type { InProcessOptions, InProcessWorker } from './worker/in-process.ts'
import type { ScheduleEditing } from './operator/schedules.ts'
import { submitJob, submitJobs } from './operator/submit.ts'
import { type Home, layout, openHome, openHomeIfMade } from './spool/layout.ts'
import type { JobRef } from './query/list.ts'
import type { JobRefOrId } from './query/resolve.ts'
import type { PauseOptions, PauseResult } from './operator/pause.ts'
import type { PatchMembers } from './operator/patch.ts'
import type { PrunedJob, PruneOptions } from './operator/prune.ts'
export type { PrunedJob, PruneOptions } from './operator/prune.ts'
import { ring } from './spool/wakeup.ts'
import type { QueueChanges, SettingsResult } from './operator/queue-settings.ts'
import { readConfig, writeSetting } from './config/file.ts'
import { homePath } from './config/env.ts'
import { retryJob, type RetryOptions } from './operator/retry.ts'
export type { RetryOptions } from './operator/retry.ts'
import type { PurgeOptions } from './operator/purge.ts'

export { type CheckResult, type Diagnosis, type Finding, isUnfixed } from './doctor/finding.ts'
export type { InProcessOptions, InProcessWorker } from './worker/in-process.ts'
export type { ListenedKind, Listener, ListenOptions } from './journal/listen.ts'
export type { Event, EventKind } from './journal/journal.ts'
export { type Output, QueueReader, type WaitOptions } from './queue-reader.ts'
export type { CorruptFile } from './spool/corrupt.ts'
export type { DryRunOption } from './operator/take.ts'
export type { Editing } from './operator/edit.ts'
export type { EndedJob } from './query/wait.ts'
export type { FollowEvent, FollowOptions } from './query/follow.ts'
export type { EventsOptions } from './journal/query.ts'
export type { JobFilter, ListedJob, ListOptions, MatchOptions, JobRef } from './query/list.ts'
export type { JobRefOrId, WaitingJobs } from './query/resolve.ts'
export type { EventPage, EventSearch } from './journal/page.ts'
export type { LiveJournal, JournalOffset } from './journal/live.ts'
export type { DeadGroup, Live, QueueCounts } from './catalog/live.ts'
export type { CatalogChange } from './catalog/catalog.ts'
export type { Pause } from './job/pause.ts'
export type { PauseOptions, PauseResult } from './operator/pause.ts'
export type { Dependencies, Dependency } from './query/deps.ts'
export type { ScheduleEditing } from './operator/schedules.ts'
export type { Occurrence, ScheduleInfo } from './query/schedules.ts'
export type { QueueInfo } from './query/queues.ts'
export type { LimitInfo } from './query/limits.ts'
export type { AllSettings, QueueMember, QueueSettings } from './job/queue-settings.ts'
export type { QueueChanges, SettingsResult } from './operator/queue-settings.ts'
export type { RunOutput } from './run/output-reader.ts'
export type { PageCursor, JobSearch } from './catalog/page.ts'
export { PAGE_SORTS, type PageSort, SORTS, type Sort } from './query/order.ts'
export type { DiskSpace } from './disk/space.ts'
export type { Trouble } from './spool/troubles.ts'
export type { WorkerInfo } from './query/workers.ts'
export type { Explanation, Reason } from './query/explain.ts'
export type { SlotInfo } from './query/slots.ts'

export interface QueueOptions {
  readonly home?: string
  readonly make?: boolean
  readonly warn?: (warning: string) => void
}

/** A request as a program makes it: times may be dates, and a delay is counted from now. */
export type NewJob = Omit<JobRequest, 'run_at'> & {
  readonly run_at?: string | Date
  /** Seconds, or a text such as `5m`. Not together with `run_at`. */
  readonly delay?: number | string
}

/** @throws QueueError INVALID_JOB for a date that is none */
function withDates(request: NewJob): unknown {
  // Untyped callers give anything: what it is worth is said where it is read.
  if (typeof request !== 'object' || request === null) return request
  const { run_at: at, delay, ...rest } = request
  if (delay !== undefined && at === undefined) {
    const due = timeOfDelay(delay, nowMs())
    return due === delay ? request : { ...rest, run_at: due }
  }
  if (!(at instanceof Date)) return request
  if (Number.isNaN(at.getTime())) throw new QueueError('INVALID_JOB', 'invalid job: run_at is no valid date')
  return { ...request, run_at: at.toISOString() }
}

const isWords = (command: NewJob | NewJob['command']): command is readonly string[] => Array.isArray(command)

/** A queue: a home directory, and the jobs in it. Any number of processes may have it open. */
export class Queue extends QueueReader implements AsyncDisposable {
  /**
   * Opens the queue in a home directory, which is made on first use.
   * @param options.home default: QUEUECTL_HOME, else `~/.queuectl`
   * @param options.make false: make no home; where there is none, the queue is empty, and nothing can be enqueued
   * @param options.warn called with what was read as another member of a new job, and what means nothing; default: a
   * warning of the process
   * @throws QueueError NOT_WRITABLE; UNSAFE_HOME when other users may write to it
   */
  static override open(options: QueueOptions = {}): Queue {
    const open = options.make === false ? openHomeIfMade : openHome
    return new Queue(open(homePath(options.home)), options.warn)
  }

  readonly #warn: (warning: string) => void
  readonly #workers = new Set<InProcessWorker>()

  protected constructor(home: Home, warn = (warning: string): void => process.emitWarning(warning, 'QueuectlWarning')) {
    super(home)
    this.#warn = warn
  }

  /**
   * Checks a home, also one that cannot be opened.
   * @param options.fix repairs what a worker would repair sooner or later
   * @throws QueueError FAILED when there is no home; UNSAFE_HOME with `fix` when other users may write to it
   */
  static async diagnose(options: { readonly home?: string; readonly fix?: boolean } = {}): Promise<Diagnosis> {
    const { diagnose } = await import('./doctor/fix.ts')
    return diagnose(layout(homePath(options.home)), options.fix === true)
  }

  /**
   * Adds a job. When this resolves the job is on disk and survives a power cut.
   * Where another job has its unique key, that job, `deduplicated`, unless `on_conflict` is `reject`.
   * @throws QueueError INVALID_JOB, DUPLICATE_JOB, BROKEN_CONFIG, DISK_FULL, NOT_WRITABLE
   */
  async enqueue(request: NewJob): Promise<Job> {
    const job = submitJob(this.dirs, withDates(request))
    for (const warning of job.warnings ?? []) this.#warn(`job ${job.id}: ${warning}`)
    return job
  }

  /**
   * Adds many jobs (best some thousands at a time) with one flush to disk. When this resolves they survive a power cut.
   * @returns for each request the job, or DUPLICATE_JOB when its id is taken; the others are enqueued
   * @throws QueueError INVALID_JOB when any request is invalid (then none is enqueued), BROKEN_CONFIG, DISK_FULL
   */
  async enqueueAll(requests: readonly NewJob[]): Promise<(Job | QueueError)[]> {
    const results = submitJobs(this.dirs, requests.map(withDates))
    const warnings = results.flatMap((result) => (result instanceof QueueError ? [] : (result.warnings ?? [])))
    for (const warning of new Set(warnings)) this.#warn(warning)
    return results
  }

  /**
   * Adds a job and waits until it is over. It has one attempt unless it says otherwise; a worker must run it.
   * @param command a request, or its command alone
   * @returns the job, completed or dead; undefined when its file was removed by hand
   * @throws as {@link enqueue} and {@link wait}
   */
  async run(command: NewJob | NewJob['command'], options: WaitOptions = {}): Promise<Job | undefined> {
    const request = typeof command === 'string' || isWords(command) ? { command } : command
    // What nobody waits for is not enqueued.
    requireTimeout(options.timeout)
    options.signal?.throwIfAborted()
    const job = await this.enqueue({ max_retries: 1, ...request })
    return this.wait(job.id, options)
  }

  /**
   * Starts a worker in this process; resolves when it is up. Its jobs are processes of their own, which survive this one.
   * It stops when `stop` is called, `options.signal` is aborted, or the queue is closed.
   * @throws QueueError when it cannot start
   */
  async startWorker(options: InProcessOptions = {}): Promise<InProcessWorker> {
    const { startInProcess } = await import('./worker/in-process.ts')
    const worker = await startInProcess(this.dirs, options)
    this.#workers.add(worker)
    const forget = (): boolean => this.#workers.delete(worker)
    worker.ended.then(forget, forget)
    return worker
  }

  /** Ends what runs for it in this process: stops its workers, once their runs have ended, and its listeners. */
  async close(): Promise<void> {
    this.endListeners()
    await Promise.all([...this.#workers].map((worker) => worker.stop()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /**
   * Runs a failed, dead or completed job again: attempts count from zero, history and output stay.
   * Jobs that were cancelled because it was dead wait for it again.
   * @param options.onlyDead refuses a job that is not dead
   * @param options.alone leaves the jobs that were cancelled because of it dead, also when it is retried again
   * @throws QueueError NOT_FOUND, WRONG_STATE
   */
  async retry(id: JobRefOrId, options: Omit<RetryOptions, 'durability'> = {}): Promise<Job> {
    const changes = this.#options(options)
    const job = await retryJob(this.dirs, this.resolveLast(id), changes)
    this.#record('retried', job.id, options)
    if (options.alone || options.dryRun) return job
    const { reviveChildren } = await import('./operator/revive.ts')
    for (const child of await reviveChildren(this.dirs, job.id, readConfig(this.dirs).durability))
      this.#record('retried', child)
    return job
  }

  /**
   * Cancels a job: it becomes dead, with the reason. A running one is ended first (SIGTERM, after 10 s SIGKILL).
   * @param options.waitMs how long to wait for its run to end; default: 15,000
   * @param options.signal ends the waiting; its run is ended all the same
   * @returns the dead job; or after `waitMs` the job as it is, while its run is still ending
   * @throws QueueError NOT_FOUND, WRONG_STATE when it is completed or dead; the reason of `signal`
   */
  async cancel(
    id: JobRefOrId,
    reason = 'by hand',
    options: DryRunOption & { readonly waitMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Job> {
    const { cancelAndWait, checkCancel } = await import('./operator/cancel.ts')
    options.signal?.throwIfAborted()
    if (options.dryRun) return checkCancel(this.dirs, this.resolveLast(id))
    return cancelAndWait(this.dirs, this.resolveLast(id), { reason, waitMs: 15_000, ...options })
  }

  /**
   * Removes a job for good, with its output.
   * @param options.states in which it may be; default: dead
   * @returns its id
   * @throws QueueError NOT_FOUND, WRONG_STATE when it is in another state, STILL_HELD when something of it is alive
   */
  async purge(id: JobRefOrId, options: PurgeOptions = {}): Promise<string> {
    const { purgeJob } = await import('./operator/purge.ts')
    return purgeJob(this.dirs, this.resolveLast(id), options)
  }

  /**
   * Takes your word that a worker elsewhere is gone: its jobs go to the next worker. First watches its lease, for the time
   * of three renewals (a minute at most).
   * @throws QueueError NOT_FOUND; WRONG_STATE when it lives
   */
  async forgetWorker(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { forgetWorker } = await import('./operator/forget.ts')
    return forgetWorker(this.dirs, name, options.signal)
  }

  /**
   * Removes finished jobs that are over any of the limits for good, with their output.
   * @param options without a limit the settings apply, as for workers; `pruned` is called for each job removed; `signal` ends it
   * @returns the removed jobs
   * @throws QueueError BAD_CONFIG; the reason of `options.signal` when that is aborted: what is removed stays so
   */
  async prune(options: PruneOptions = {}): Promise<PrunedJob[]> {
    const { prune } = await import('./operator/prune.ts')
    return prune(this.dirs, options, readConfig(this.dirs))
  }

  /** Sets a waiting job aside: it does not run until it is released. @throws QueueError NOT_FOUND, WRONG_STATE */
  async hold(id: JobRefOrId, options: DryRunOption = {}): Promise<JobRef> {
    const { holdJob } = await import('./operator/hold.ts')
    return this.#recorded('held', options, holdJob(this.dirs, this.resolveLast(id), this.#options(options)))
  }

  /** Lets a held job wait again, or run when it is due. @throws QueueError NOT_FOUND, WRONG_STATE */
  async release(id: JobRefOrId, options: DryRunOption = {}): Promise<JobRef> {
    const { releaseJob } = await import('./operator/hold.ts')
    return this.#recorded('released', options, releaseJob(this.dirs, this.resolveLast(id), this.#options(options)))
  }

  /** Changes the priority of a job that is not running. @throws QueueError USAGE, NOT_FOUND, WRONG_STATE */
  async prioritize(id: JobRefOrId, priority: number, options: DryRunOption = {}): Promise<JobRef> {
    const { prioritize } = await import('./operator/reorder.ts')
    return this.#recorded(
      'changed',
      options,
      prioritize(this.dirs, this.resolveLast(id), priority, this.#options(options)),
    )
  }

  /** Moves a job that is not running to another queue. @throws QueueError USAGE, NOT_FOUND, WRONG_STATE */
  async move(id: JobRefOrId, queue: string, options: DryRunOption = {}): Promise<JobRef> {
    const { moveToQueue } = await import('./operator/reorder.ts')
    return this.#recorded(
      'changed',
      options,
      moveToQueue(this.dirs, this.resolveLast(id), queue, this.#options(options)),
    )
  }

  /** Puts a waiting job before all others; it becomes due now. @throws QueueError NOT_FOUND, WRONG_STATE */
  async top(id: JobRefOrId, options: DryRunOption = {}): Promise<JobRef> {
    const { putOnTop } = await import('./operator/reorder.ts')
    return this.#recorded('changed', options, putOnTop(this.dirs, this.resolveLast(id), this.#options(options)))
  }

  /**
   * Pauses a queue, or with `_all` every queue: no job of it is claimed from then on; what runs goes on. Waits, for
   * 3 seconds at most, until every worker obeys.
   * @returns the workers that do not obey yet
   * @throws QueueError USAGE
   */
  async pauseQueue(queue: string, options: PauseOptions = {}): Promise<PauseResult> {
    const { pauseQueue } = await import('./operator/pause.ts')
    return pauseQueue(this.dirs, queue, options)
  }

  /** Ends the pause of a queue, or with `_all` that of all. @returns whether it was paused @throws QueueError USAGE */
  async resumeQueue(queue: string): Promise<boolean> {
    const { resumeQueue } = await import('./operator/pause.ts')
    return resumeQueue(this.dirs, queue)
  }

  /**
   * Changes settings of a queue, or with `_all` of all; null takes one back, and those not named stay. Waits, for 3 seconds at most, until every worker
   * obeys: from then on no more of its commands run than `limit` says, but for those that ran before.
   * @returns the settings as they are now, and the workers that do not obey yet
   * @throws QueueError USAGE; FAILED when its file cannot be read as it is
   */
  async setQueue(queue: string, changes: QueueChanges): Promise<SettingsResult> {
    const { setQueue } = await import('./operator/queue-settings.ts')
    return setQueue(this.dirs, queue, changes)
  }

  /** Removes the settings of a queue; its jobs and its pause stay. @throws QueueError USAGE; NOT_FOUND when it has none */
  async removeQueue(queue: string): Promise<SettingsResult> {
    const { removeQueue } = await import('./operator/queue-settings.ts')
    return removeQueue(this.dirs, queue)
  }

  /**
   * Waits until no job of a paused queue runs.
   * @param options.timeout seconds; default: without limit
   * @returns the ids of the jobs that still run then
   * @throws QueueError WRONG_STATE when it is resumed meanwhile; the reason of `options.signal` when that is aborted
   */
  async drainQueue(queue: string, options: WaitOptions = {}): Promise<string[]> {
    requireTimeout(options.timeout)
    const { drainQueue } = await import('./operator/pause.ts')
    return drainQueue(this.dirs, queue, options)
  }

  /**
   * Adds a schedule, which enqueues its job again and again; its times count from now.
   * @param members those of its file: `cron` and `tz`, or `every`; `job`; ... (`queuectl help schedules`)
   * @throws QueueError USAGE; WRONG_STATE when there is one of this name
   */
  async addSchedule(name: string, members: Readonly<Record<string, unknown>>): Promise<void> {
    const { addSchedule } = await import('./operator/schedules.ts')
    addSchedule(this.dirs, name, members)
  }

  /** A copy of a schedule's file to edit; the caller ends this by `save` or `giveUp`. @throws QueueError NOT_FOUND */
  async editSchedule(name: string): Promise<ScheduleEditing> {
    const { editSchedule } = await import('./operator/schedules.ts')
    return editSchedule(this.dirs, name)
  }

  /** Fires no more times of a schedule until it is resumed. @throws QueueError NOT_FOUND */
  async pauseSchedule(name: string, reason?: string): Promise<void> {
    const { pauseOne } = await import('./operator/schedules.ts')
    pauseOne(this.dirs, name, reason)
  }

  /** Fires its times again, from now on. @returns whether it was paused @throws QueueError NOT_FOUND */
  async resumeSchedule(name: string): Promise<boolean> {
    const { resumeOne } = await import('./operator/schedules.ts')
    return resumeOne(this.dirs, name)
  }

  /** Enqueues the job of a schedule at once. @throws QueueError NOT_FOUND, USAGE */
  async runSchedule(name: string): Promise<Job> {
    const { runSchedule } = await import('./operator/schedules.ts')
    return runSchedule(this.dirs, name)
  }

  /** Removes a schedule; the jobs that it has made stay. @throws QueueError NOT_FOUND */
  async removeSchedule(name: string): Promise<void> {
    const { removeOne } = await import('./operator/schedules.ts')
    removeOne(this.dirs, name)
  }

  /** Holds a job while it is edited; the caller ends this by `save` or `giveUp`. @throws QueueError NOT_FOUND, WRONG_STATE */
  async edit(id: JobRefOrId): Promise<Editing> {
    const { editJob } = await import('./operator/edit.ts')
    const editing = await editJob(this.dirs, this.resolveLast(id), readConfig(this.dirs))
    const save = async (): Promise<Job | undefined> => {
      const job = await editing.save()
      if (job) this.#record('changed', job.id)
      return job
    }
    return { ...editing, save }
  }

  /**
   * Changes members of a job that is not running; null resets one to its default.
   * @param condition called with the job once no other process can change it; false leaves the job as it is
   * @returns false when the condition was false
   * @throws QueueError NOT_FOUND, WRONG_STATE, INVALID_JOB
   */
  async change(id: JobRefOrId, members: PatchMembers, condition: (job: Job) => boolean = () => true): Promise<boolean> {
    const { patchJob } = await import('./operator/patch.ts')
    const changed = await patchJob(this.dirs, this.resolveLast(id), {
      members,
      condition,
      defaults: readConfig(this.dirs),
    })
    if (changed !== undefined) this.#record('changed', changed)
    return changed !== undefined
  }

  /** Sets a setting; undefined resets it to its default. @throws QueueError BAD_CONFIG */
  async setConfig(key: ConfigKey, value: Config[ConfigKey] | undefined): Promise<void> {
    await writeSetting(this.dirs, key, value)
    ring(this.dirs)
  }

  async #recorded(event: EventKind, options: DryRunOption, change: Promise<JobRef>): Promise<JobRef> {
    const ref = await change
    this.#record(event, ref.id, options)
    return ref
  }

  /** Adds the durability that the settings ask for. */
  #options<T extends DryRunOption>(options: T): T & ChangeOptions {
    return { ...options, durability: readConfig(this.dirs).durability }
  }

  #record(event: EventKind, job: string, { dryRun }: DryRunOption = {}): void {
    if (!dryRun) recordEvents(this.dirs, [{ event, job }])
  }
}
