/** Keeps what a worker knows of paused queues and of settings of queues current, and says in its directory what it obeys. */
import { monotonicMs, nowMs } from '../clock.ts'
import type { JobLine } from '../job/file-name.ts'
import { pauseOf, type Pauses } from '../job/pause.ts'
import {
  type AllSettings,
  isUnreadable,
  type Limit,
  limitsOfLine,
  type Rate,
  ratesForQueue,
  readableSettings,
  type QueueSettings,
  type BadSettings,
  unreadableOf,
  withDefaults,
} from '../job/queue-settings.ts'
import type { Home } from '../spool/layout.ts'
import {
  queueStamps,
  readPauses,
  readQueueSettings,
  settingsPath,
  type Stamps,
  writeObeyed,
} from '../spool/queue-files.ts'

/** For how long (ms) settings whose file has gone are obeyed: editors, git and rsync remove a file and create it anew. */
const GONE_MS = 5_000
const NO_LIMITS: readonly Limit[] = []
const NO_RATES: readonly Rate[] = []

export class QueueWatcher {
  readonly #home: Home
  readonly #log: (line: string) => void
  #pauses: Pauses = new Map()
  #settings: AllSettings = new Map()
  /** Since when, on the monotonic clock, the file of settings that are still obeyed has not been there. */
  readonly #goneSince = new Map<string, number>()
  #stamps: Stamps = {}
  /** What was written last, and where. */
  #written = '{}'
  #dir = ''

  constructor(home: Home, log: (line: string) => void) {
    this.#home = home
    this.#log = log
  }

  /** Must the jobs of this queue wait, because it is paused or its settings cannot be read? */
  readonly mustWait = (queue: string): boolean =>
    (this.#pauses.size > 0 && pauseOf(this.#pauses, queue) !== undefined) ||
    (this.#settings.size > 0 && unreadableOf(this.#settings, queue) !== undefined)

  /** The limits of the jobs of a line. */
  limitsOf(line: JobLine): readonly Limit[] {
    const isFree = this.#settings.size === 0 && line.slug === undefined
    return isFree ? NO_LIMITS : limitsOfLine(this.#settings, line)
  }

  /** The rates of the jobs of a queue. */
  ratesOf(queue: string): readonly Rate[] {
    return this.#settings.size === 0 ? NO_RATES : ratesForQueue(this.#settings, queue)
  }

  /** After how many dead jobs in a row the queue is paused; undefined: never. */
  haltAfter(queue: string): number | undefined {
    return readableSettings(this.#settings, queue)?.halt_after
  }

  /** The configuration as it is for the jobs of a queue. */
  configOf<C extends object>(config: C, queue: string): C {
    return this.#settings.size === 0 ? config : withDefaults(config, this.#settings, queue)
  }

  /** Looks at the files again. From here on nothing is claimed of what they forbid. */
  refresh(): void {
    this.#stamps = queueStamps(this.#home)
    this.#pauses = readPauses(this.#home, nowMs(), this.#stamps)
    const read = readQueueSettings(this.#home, this.#stamps)
    this.#settings = read.size === 0 && this.#settings.size === 0 ? read : this.#withGone(read)
  }

  #withGone(read: AllSettings): AllSettings {
    const settings = new Map<string, QueueSettings | BadSettings>(read)
    for (const [queue, known] of this.#settings) {
      if (read.has(queue)) {
        this.#goneSince.delete(queue)
        continue
      }
      const since = this.#goneSince.get(queue) ?? monotonicMs()
      this.#goneSince.set(queue, since)
      if (monotonicMs() - since < GONE_MS) settings.set(queue, known)
      else this.#goneSince.delete(queue)
    }
    for (const [queue, one] of settings) this.#tell(queue, one)
    return settings
  }

  #tell(queue: string, settings: QueueSettings | BadSettings): void {
    const known = this.#settings.get(queue)
    const [was, is] = [known, settings].map((one) => (isUnreadable(one) ? one.unreadable : undefined))
    if (is !== was && is !== undefined)
      this.#log(`cannot obey ${settingsPath(this.#home, queue)}, so no job that it is for starts: ${is}`)
  }

  /** Says what we obey, once that is true: every run that a limit is for has a number. @param dir our own directory */
  publish(dir: string): void {
    const text = JSON.stringify(this.#stamps)
    const isKnown = text === this.#written && (dir === this.#dir || text === '{}')
    if (isKnown || !writeObeyed(this.#home, dir, this.#stamps)) return
    this.#written = text
    this.#dir = dir
  }
}
