/**
 * The verbs a user has. The command line, the HTTP interface and programs call this and nothing below it; what they see
 * of a queue is in reading.ts.
 */
import type { Config, ConfigKey } from './config/schema.ts'
import type { Diagnosis } from './doctor/finding.ts'
import type { QueueError } from './errors.ts'
import { type EventKind, recordEvents } from './journal/journal.ts'
import type { Job, JobRequest } from './job/job.ts'
import { QueueReader } from './queue-reader.ts'
import type { ChangeOptions, DryRunOption } from './operator/take.ts'
import type { Editing } from './operator/edit.ts'
import { enqueueJob, enqueueJobs } from './operator/enqueue.ts'
import { layout, openHome } from './spool/layout.ts'
import type { JobRef } from './query/list.ts'
import type { JobRefOrId } from './query/resolve.ts'
import type { PatchMembers } from './operator/patch.ts'
import type { PrunedJob, PruneOptions } from './operator/prune.ts'
import { ring } from './spool/wakeup.ts'
import { readConfig, writeSetting } from './config/file.ts'
import { homePath } from './config/env.ts'
import { retryJob } from './operator/retry.ts'
import type { State } from './job/state.ts'

export { type CheckResult, type Diagnosis, type Finding, isUnfixed } from './doctor/finding.ts'
export type { Output } from './queue-reader.ts'
export type { CorruptFile } from './spool/corrupt.ts'
export type { DryRunOption } from './operator/take.ts'
export type { Editing } from './operator/edit.ts'
export type { EndedJob } from './query/wait.ts'
export type { FollowEvent, FollowOptions } from './query/follow.ts'
export type { JobFilter, ListedJob, ListOptions, MatchOptions, JobRef } from './query/list.ts'
export type { JobRefOrId, WaitingJobs } from './query/resolve.ts'
export type { EventPage, EventSearch } from './journal/page.ts'
export type { LiveJournal, JournalOffset } from './journal/live.ts'
export type { DeadGroup, Live, QueueCounts } from './catalog/live.ts'
export type { CatalogChange } from './catalog/catalog.ts'
export type { RunOutput } from './run/output-reader.ts'
export type { PageCursor, JobSearch } from './catalog/page.ts'
export { PAGE_SORTS, type PageSort, SORTS, type Sort } from './query/order.ts'
export type { DiskSpace } from './disk/space.ts'
export type { WorkerInfo } from './query/workers.ts'
export type { Explanation, Reason } from './query/explain.ts'
export type { SlotInfo } from './query/slots.ts'

export class Queue extends QueueReader {
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
    const { diagnose } = await import('./doctor/fix.ts')
    return diagnose(layout(homePath(options.home)), options.fix === true)
  }

  /**
   * Adds a job. When this resolves the job is on disk and survives a power cut.
   * @throws QueueError INVALID_JOB, DUPLICATE_JOB, BAD_CONFIG, DISK_FULL, NOT_WRITABLE
   */
  async enqueue(request: JobRequest): Promise<Job> {
    return enqueueJob(this.dirs, request)
  }

  /**
   * Adds many jobs with one flush to disk; they are acknowledged together. Give it some thousands at a time.
   * @returns for each request the job, or why that one was refused (its id is taken); the others are enqueued
   * @throws QueueError INVALID_JOB when any request is invalid (then none is enqueued), BAD_CONFIG, DISK_FULL
   */
  async enqueueAll(requests: readonly JobRequest[]): Promise<(Job | QueueError)[]> {
    return enqueueJobs(this.dirs, requests)
  }

  /**
   * Sends a failed, dead or completed job back to run again: attempts from zero, history and logs kept.
   * @throws QueueError NOT_FOUND, WRONG_STATE
   */
  async retry(id: JobRefOrId, options: DryRunOption & { readonly onlyDead?: boolean } = {}): Promise<Job> {
    const job = await retryJob(this.dirs, this.meant(id), this.#how(options))
    this.#told('retried', job.id, options)
    return job
  }

  /**
   * Cancels a job: to `dead/`, with the reason. A running one is ended first (TERM, 10 s, KILL).
   * @returns the dead job, or the job as it is when its run was told to end and has not yet
   * @throws QueueError NOT_FOUND, WRONG_STATE when it is completed or dead
   */
  async cancel(
    id: JobRefOrId,
    reason = 'by hand',
    options: DryRunOption & { readonly waitMs?: number } = {},
  ): Promise<Job> {
    const { cancelAndWait, checkCancel } = await import('./operator/cancel.ts')
    if (options.dryRun) return checkCancel(this.dirs, this.meant(id))
    return cancelAndWait(this.dirs, this.meant(id), reason, options.waitMs ?? 15_000)
  }

  /**
   * Removes dead jobs for good, with their logs. Returns the ids.
   * @throws QueueError NOT_FOUND, WRONG_STATE when it is not dead
   */
  async purge(id: JobRefOrId, options: DryRunOption & { readonly states?: readonly State[] } = {}): Promise<string> {
    const { purgeJob } = await import('./operator/purge.ts')
    return purgeJob(this.dirs, this.meant(id), options)
  }

  /**
   * Removes finished jobs for good, with their output: those over any of the limits, of completed jobs unless another
   * state is named. Without a limit: what the settings say, as workers do.
   * @param options.pruned called for each as it goes
   */
  async prune(options: PruneOptions = {}): Promise<PrunedJob[]> {
    const { prune } = await import('./operator/prune.ts')
    return prune(this.dirs, options, readConfig(this.dirs))
  }

  /** Sets a waiting job aside: nothing happens to it until it is released. @throws QueueError NOT_FOUND, WRONG_STATE */
  async hold(id: JobRefOrId, options: DryRunOption = {}): Promise<JobRef> {
    const { holdJob } = await import('./operator/hold.ts')
    return this.#recorded('held', options, holdJob(this.dirs, this.meant(id), this.#how(options)))
  }

  /** Puts a held job back to where it waited, or to run. @throws QueueError NOT_FOUND, WRONG_STATE */
  async release(id: JobRefOrId, options: DryRunOption = {}): Promise<JobRef> {
    const { releaseJob } = await import('./operator/hold.ts')
    return this.#recorded('released', options, releaseJob(this.dirs, this.meant(id), this.#how(options)))
  }

  /** Gives a job that does not run another priority. @throws QueueError USAGE, NOT_FOUND, WRONG_STATE */
  async prioritize(id: JobRefOrId, priority: number, options: DryRunOption = {}): Promise<JobRef> {
    const { prioritize } = await import('./operator/reorder.ts')
    return this.#recorded('changed', options, prioritize(this.dirs, this.meant(id), priority, this.#how(options)))
  }

  /** Gives a job that does not run to another queue. @throws QueueError USAGE, NOT_FOUND, WRONG_STATE */
  async move(id: JobRefOrId, queue: string, options: DryRunOption = {}): Promise<JobRef> {
    const { moveToQueue } = await import('./operator/reorder.ts')
    return this.#recorded('changed', options, moveToQueue(this.dirs, this.meant(id), queue, this.#how(options)))
  }

  /** Lets a waiting job run before all others; it waits for no time any more. @throws QueueError NOT_FOUND, WRONG_STATE */
  async top(id: JobRefOrId, options: DryRunOption = {}): Promise<JobRef> {
    const { putOnTop } = await import('./operator/reorder.ts')
    return this.#recorded('changed', options, putOnTop(this.dirs, this.meant(id), this.#how(options)))
  }

  /** Takes a job out of the way to edit it; whoever calls this ends it. @throws QueueError NOT_FOUND, WRONG_STATE */
  async edit(id: JobRefOrId): Promise<Editing> {
    const { editJob } = await import('./operator/edit.ts')
    const editing = await editJob(this.dirs, this.meant(id), readConfig(this.dirs))
    const save = async (): Promise<Job | undefined> => {
      const job = await editing.save()
      if (job) this.#told('changed', job.id)
      return job
    }
    return { ...editing, save }
  }

  /**
   * Changes members of a job that does not run; null takes one back to its default.
   * @param condition called with the job once no other process can change it; false leaves the job as it is
   * @returns false when the condition was false
   * @throws QueueError NOT_FOUND, WRONG_STATE, INVALID_JOB
   */
  async change(id: JobRefOrId, members: PatchMembers, condition: (job: Job) => boolean = () => true): Promise<boolean> {
    const { patchJob } = await import('./operator/patch.ts')
    const changed = await patchJob(this.dirs, this.meant(id), { members, condition, defaults: readConfig(this.dirs) })
    if (changed !== undefined) this.#told('changed', changed)
    return changed !== undefined
  }

  /** Sets a key; undefined takes it back to its default. */
  async setConfig(key: ConfigKey, value: Config[ConfigKey] | undefined): Promise<void> {
    await writeSetting(this.dirs, key, value)
    ring(this.dirs)
  }

  async #recorded(event: EventKind, options: DryRunOption, change: Promise<JobRef>): Promise<JobRef> {
    const seen = await change
    this.#told(event, seen.id, options)
    return seen
  }

  /** A change as the settings want it. */
  #how<T extends DryRunOption>(options: T): T & ChangeOptions {
    return { ...options, durability: readConfig(this.dirs).durability }
  }

  #told(event: EventKind, job: string, { dryRun }: DryRunOption = {}): void {
    if (!dryRun) recordEvents(this.dirs, [{ event, job }])
  }
}
