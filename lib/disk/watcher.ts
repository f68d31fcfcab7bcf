/**
 * Watches directories of any size with one `fs.watch` each. An event is a hint: events get lost, so every user of this
 * file also rescans by a timer.
 */
import { type FSWatcher, watch } from 'node:fs'
import { monotonicMs, sleep } from '../clock.ts'
import { exists, lstat } from './files.ts'

export interface DirWatcherOptions {
  /** Watch nothing, on a file system that reports nothing. */
  readonly isDisabled?: boolean
  /** An existing directory cannot be watched, or not any more. */
  readonly onError?: (error: unknown) => void
}

export class DirWatcher {
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly ino: number }>()
  readonly #onChange: (dir: string, name: string | undefined) => void
  readonly #options: DirWatcherOptions
  #hasFailed: boolean

  /** @param onChange gets the directory and the name in it, if the name is known */
  constructor(onChange: (dir: string, name: string | undefined) => void, options: DirWatcherOptions = {}) {
    this.#onChange = onChange
    this.#options = options
    this.#hasFailed = options.isDisabled === true
  }

  /** Did a watch fail, so that changes may be missed? */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  get size(): number {
    return this.#watchers.size
  }

  /** Starts to watch a directory, or to watch the one that replaced it. */
  add(dir: string): void {
    const ino = lstat(dir)?.ino
    if (this.#options.isDisabled || ino === undefined || this.#watchers.get(dir)?.ino === ino) return
    this.drop(dir)
    try {
      const watcher = watch(dir, { persistent: false }, (_event, name) => this.#onChange(dir, name ?? undefined))
      watcher.on('error', (error) => this.#onError(dir, error))
      this.#watchers.set(dir, { watcher, ino })
    } catch (error) {
      this.#onError(dir, error)
    }
  }

  /** Too many watches (reported), or the directory is gone (not an error). */
  #onError(dir: string, error: unknown): void {
    this.drop(dir)
    if (!exists(dir)) return
    this.#hasFailed = true
    this.#options.onError?.(error)
  }

  drop(dir: string): void {
    this.#watchers.get(dir)?.watcher.close()
    this.#watchers.delete(dir)
  }

  /** Drops the directories below `parent` that are not in `kept`. */
  dropOthers(parent: string, kept: ReadonlySet<string>): void {
    for (const dir of this.#watchers.keys()) if (dir.startsWith(parent) && !kept.has(dir)) this.drop(dir)
  }

  close(): void {
    for (const dir of this.#watchers.keys()) this.drop(dir)
  }
}

/** How long to wait without an event (ms), and how long when watching failed. */
const RESCAN_MS = 1000
const POLL_MS = 100
/** Changes within this time (ms) cause one rescan. */
const DEBOUNCE_MS = 4

/** Waits until something changes in one of some directories, or the rescan interval has passed. */
export class ChangeWaiter {
  readonly #idleFactor: number
  readonly #filters = new Map<string, (name: string) => boolean>()
  readonly #watcher = new DirWatcher((dir, name) => {
    if (name === undefined || (this.#filters.get(dir)?.(name) ?? true)) this.#onChange()
  })
  #hasChanged = true
  #wake = (): void => {}
  #lastScanAt = monotonicMs()

  /** @param idleFactor the pause after a scan, as a multiple of the time the scan took */
  constructor(idleFactor = 0) {
    this.#idleFactor = idleFactor
  }

  /** Watches one more directory, if it exists. Only names that `isRelevant` accepts count as a change. */
  watch(dir: string, isRelevant: (name: string) => boolean = () => true): void {
    const before = this.#watcher.size
    this.#filters.set(dir, isRelevant)
    this.#watcher.add(dir)
    if (this.#watcher.size > before) this.#onChange()
  }

  #onChange(): void {
    this.#hasChanged = true
    this.#wake()
  }

  /** Resolves when it is time to scan again, or when `signal` is aborted; true when there was a change. */
  async next(signal?: AbortSignal): Promise<boolean> {
    const idle = Math.max(DEBOUNCE_MS, (monotonicMs() - this.#lastScanAt) * this.#idleFactor)
    await sleep(Math.min(idle, RESCAN_MS), signal)
    if (!this.#hasChanged && !signal?.aborted) {
      const woken = new AbortController()
      this.#wake = () => woken.abort()
      signal?.addEventListener('abort', this.#wake)
      await sleep(this.#watcher.hasFailed ? POLL_MS : RESCAN_MS, woken.signal)
      signal?.removeEventListener('abort', this.#wake)
      this.#wake = () => {}
    }
    const hasChanged = this.#hasChanged
    this.#hasChanged = false
    this.#lastScanAt = monotonicMs()
    return hasChanged
  }

  close(): void {
    this.#watcher.close()
  }
}
