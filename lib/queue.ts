/**
 * The verbs a user has. The command line, the HTTP interface and programs call this and nothing below it.
 */
import { join } from 'node:path'
import { type Config, type ConfigKey, homePath, readConfig, readSettings, writeSetting } from './config.ts'
import { nowMs } from './clock.ts'
import { QueueError } from './errors.ts'
import { type Event, newestEvents, tell } from './journal/journal.ts'
import type { Metrics } from './journal/metrics.ts'
import { type EventsOptions, eventsAsked } from './journal/past.ts'
import { history } from './journal/totals.ts'
import type { Job, JobRequest, State } from './job/job.ts'
import { readRequest } from './job/read.ts'
import { names, read } from './spool/files.ts'
import { findOne, readWhole, retryJob } from './spool/change.ts'
import { enqueueMany, enqueueOne } from './spool/enqueue.ts'
import { type Counts, countJobs, findExact, readSighted, type Sighting, sightings } from './spool/find.ts'
import { type Holder, holders } from './spool/holders.ts'
import { leaseAge } from './spool/lease.ts'
import { type Home, openHome } from './spool/home.ts'
import type { Pruned, PruneOptions } from './spool/prune.ts'
import { runNumbers, runPaths } from './spool/runs.ts'

/** Which jobs are meant; everything left out matches all. */
export interface Filter {
  readonly states?: readonly State[]
  readonly queue?: string
  readonly tag?: string
}

/** By what a list is sorted; times oldest first. `order`: as the queue flows and runs. */
export const SORTS = ['order', 'created', 'updated', 'priority', 'id'] as const
export type Sort = (typeof SORTS)[number]

/** A job in a list; a file that cannot be understood is listed with the reason in place of its job. */
export interface Listed {
  readonly id: string
  readonly state: State
  readonly path: string
  readonly job: Job | undefined
  readonly unreadable: string | undefined
}

/** Where the output of a run lies; the files may be read while it runs. */
export interface Output {
  readonly run: number
  readonly stdout: string
  readonly stderr: string
}

/** A worker of this home, dead or alive. */
export interface WorkerInfo {
  readonly name: string
  readonly pid: number
  readonly life: Holder['life']
  readonly slots: number
  readonly started_at: string
  readonly log: string
  /** Seconds since a worker of another machine (`elsewhere`) renewed its lease. */
  readonly lease_age?: number
  readonly running: readonly {
    readonly id: string
    readonly slot?: number
    readonly run: number
    readonly command: Job['command']
    readonly started_at?: string
  }[]
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
    const { sort = 'order', limit = Number.POSITIVE_INFINITY } = options
    const latest = new Map<string, Sighting>()
    for (const seen of sightings(this.#home, filter.states))
      if (filter.queue === undefined || seen.foreign || seen.name.queue === filter.queue) latest.set(seen.name.id, seen)
    const byName = SORT_BY_NAME[sort]
    const found: Listed[] = []
    for (const seen of byName ? [...latest.values()].sort(byName) : latest.values()) {
      if (byName && found.length >= limit) break
      const content = readSighted(seen)
      if (content === undefined) continue
      const { job } = content
      const matches =
        (filter.tag === undefined || job?.tags?.includes(filter.tag)) &&
        (filter.queue === undefined || job?.queue === filter.queue)
      if (matches)
        found.push({
          id: job?.id ?? seen.name.id,
          state: seen.state,
          path: seen.path,
          job,
          unreadable: content.job ? undefined : content.unreadable,
        })
    }
    if (byName) return found
    const member = sort === 'created' ? 'created_at' : 'updated_at'
    return found.sort((a, b) => byText(a.job?.[member] ?? '', b.job?.[member] ?? '')).slice(0, limit)
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
    const job = await retryJob(this.#home, this.#meant(id), options.onlyDead ? 'dead' : undefined)
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

  /** The workers of this home; a dead one is listed until another has taken its jobs over. */
  async workers(): Promise<WorkerInfo[]> {
    const running = [...sightings(this.#home, ['processing'])]
    return holders(this.#home)
      .filter((holder) => holder.kind === 'worker')
      .map((holder) => ({
        name: holder.name,
        pid: holder.card?.pid ?? 0,
        life: holder.life,
        slots: holder.card?.slots ?? 0,
        started_at: holder.card?.started_at ?? '',
        log: holder.card?.log ?? '',
        ...(holder.life === 'elsewhere' ? { lease_age: Math.round((leaseAge(holder.dir, nowMs()) ?? 0) / 1000) } : {}),
        running: running
          .filter((seen) => seen.holder === holder.name)
          .flatMap((seen) => {
            const job = readSighted(seen)?.job
            if (!job) return []
            return [
              {
                id: job.id,
                run: job.runs,
                command: job.command,
                ...(job.slot === undefined ? {} : { slot: job.slot }),
                ...(job.started_at === undefined ? {} : { started_at: job.started_at }),
              },
            ]
          }),
      }))
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

  /** `last` is the job enqueued last, unless a job is called so. */
  #meant(id: string): string {
    if (id !== 'last') return id
    for (const event of newestEvents(this.#home, (one) => one.event === 'enqueued', 50).reverse())
      if (findExact(this.#home, event.job)) return event.job
    throw new QueueError('NOT_FOUND', 'there is no last job: none was enqueued yet')
  }
}

const flow: readonly State[] = ['processing', 'pending', 'scheduled', 'failed', 'held', 'dead', 'completed']
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const inOrder = (a: Sighting, b: Sighting): number =>
  flow.indexOf(a.state) - flow.indexOf(b.state) ||
  // Finished jobs newest first, all others in the order they run.
  (a.state === 'completed' || a.state === 'dead' ? b.name.due - a.name.due : byText(a.fileName, b.fileName))

/** The sorts that need only names. */
const SORT_BY_NAME: Partial<Record<Sort, (a: Sighting, b: Sighting) => number>> = {
  order: inOrder,
  priority: (a, b) => b.name.priority - a.name.priority || a.name.due - b.name.due,
  id: (a, b) => byText(a.name.id, b.name.id),
}
