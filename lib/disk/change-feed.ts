/**
 * Watches directories for a long-running reader. Reported changes are applied together after a short debounce; because
 * events get lost, a timer rescans as well.
 */
import { monotonicMs } from '../clock.ts'
import { DirWatcher } from './watcher.ts'

/** Changes within this time (ms) are applied together. */
const DEBOUNCE_MS = 20

/** The names that changed in each directory; an empty name stands for one that the kernel did not report. */
export type Changes = ReadonlyMap<string, ReadonlySet<string>>

export interface ChangeFeedOptions {
  /** Applies reported changes. */
  readonly apply: (changes: Changes) => void
  /** Finds what no event reported. Never runs twice at the same time. */
  readonly rescan: () => void | Promise<void>
  /** The time between two rescans (ms). */
  readonly rescanMs: number
  /** The same when a directory cannot be watched. Default: `rescanMs`. */
  readonly pollMs?: number
  /** After a rescan there is none for this many times as long as it took. Default: 0. */
  readonly idleFactor?: number
  /** Which changes count. Default: all. */
  readonly isRelevant?: (dir: string, name: string) => boolean
  /** Watches nothing, and only rescans. */
  readonly isPolling?: boolean
}

export class ChangeFeed {
  readonly watcher: DirWatcher
  readonly #options: ChangeFeedOptions
  #changes = new Map<string, Set<string>>()
  #applyTimer: NodeJS.Timeout | undefined
  #rescanTimer: NodeJS.Timeout | undefined
  /** When the next rescan is due, by the monotonic clock. */
  #rescanAt = Number.POSITIVE_INFINITY
  #isRescanning = false
  #isClosed = false

  constructor(options: ChangeFeedOptions) {
    this.#options = options
    this.watcher = new DirWatcher((dir, name) => this.#onChange(dir, name), { isDisabled: options.isPolling === true })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Begins to rescan by the timer. */
  start(): void {
    this.rescanWithin(this.#rescanMs)
  }

  /** Rescans at most this much later (ms). */
  rescanWithin(ms: number): void {
    const at = monotonicMs() + ms
    if (this.#isClosed || at >= this.#rescanAt) return
    this.#rescanAt = at
    if (!this.#isRescanning) this.#armRescan()
  }

  /** Applies at most this much later (ms), also without a change. */
  applyWithin(ms: number): void {
    this.#applyTimer ??= setTimeout(() => this.#applyByTimer(), ms).unref()
  }

  /** Applies now what was reported so far. @throws what `apply` throws; the next rescan then finds what was missed */
  flush(): void {
    clearTimeout(this.#applyTimer)
    this.#applyTimer = undefined
    if (this.#isClosed) return
    const changes = this.#changes
    this.#changes = new Map()
    this.#options.apply(changes)
  }

  close(): void {
    this.#isClosed = true
    this.watcher.close()
    clearTimeout(this.#applyTimer)
    clearTimeout(this.#rescanTimer)
  }

  get #rescanMs(): number {
    const { rescanMs, pollMs = rescanMs } = this.#options
    return this.watcher.hasFailed ? pollMs : rescanMs
  }

  #onChange(dir: string, name = ''): void {
    if (this.#isClosed || this.#options.isRelevant?.(dir, name) === false) return
    const names = this.#changes.get(dir) ?? new Set()
    this.#changes.set(dir, names.add(name))
    this.applyWithin(DEBOUNCE_MS)
  }

  #applyByTimer(): void {
    try {
      this.flush()
    } catch {
      // No caller to report it to (it may be that no descriptor is free): the next rescan finds what was missed.
    }
  }

  #armRescan(): void {
    clearTimeout(this.#rescanTimer)
    this.#rescanTimer = setTimeout(() => void this.#rescan(), Math.max(0, this.#rescanAt - monotonicMs())).unref()
  }

  async #rescan(): Promise<void> {
    const { rescan, idleFactor = 0 } = this.#options
    const begun = monotonicMs()
    this.#rescanAt = Number.POSITIVE_INFINITY
    this.#isRescanning = true
    try {
      await rescan()
    } catch {
      // No caller to report it to: the next rescan tries again.
    }
    this.#isRescanning = false
    if (this.#isClosed) return
    const now = monotonicMs()
    // An earlier one may have been asked for during this one.
    this.#rescanAt = Math.min(this.#rescanAt, now + Math.max(this.#rescanMs, (now - begun) * idleFactor))
    this.#armRescan()
  }
}
