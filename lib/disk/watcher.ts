/**
 * Watches directories, however large they are, with one `fs.watch` each. An event is a hint: events get lost, so every
 * user of this file also looks by a timer.
 */
import { type FSWatcher, watch } from 'node:fs'
import { monotonicMs, sleep } from '../clock.ts'
import { exists, lstat } from './files.ts'

export interface DirWatcherOptions {
  /** Watches nothing, where the file system would report nothing. */
  readonly isDisabled?: boolean
  /** A directory that is still there cannot be watched (any more). */
  readonly onError?: (error: unknown) => void
}

export class DirWatcher {
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly ino: number }>()
  readonly #onChange: (dir: string, name: string | undefined) => void
  readonly #options: DirWatcherOptions
  #hasFailed: boolean

  /** @param onChange gets the directory and the name in it, as far as the name is known */
  constructor(onChange: (dir: string, name: string | undefined) => void, options: DirWatcherOptions = {}) {
    this.#onChange = onChange
    this.#options = options
    this.#hasFailed = options.isDisabled === true
  }

  /** Did a watch fail, so that changes may go unnoticed? */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  get size(): number {
    return this.#watchers.size
  }

  /** Watches a directory from now on, also when it was replaced by another one. */
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

  /** Too many watches, or the directory is gone, which needs no watching. */
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

/** How long a waiter waits without an event (ms), and how long when events cannot be had. */
const RESCAN_MS = 1000
const POLL_MS = 100
/** Changes within this time (ms) are looked at together. */
const DEBOUNCE_MS = 4

/** Waits until something has changed in one of some directories, and now and then without a change. */
export class ChangeWaiter {
  readonly #idleFactor: number
  readonly #filters = new Map<string, (name: string) => boolean>()
  readonly #watcher = new DirWatcher((dir, name) => {
    if (name === undefined || (this.#filters.get(dir)?.(name) ?? true)) this.#onChange()
  })
  #hasChanged = true
  #wake = (): void => {}
  #lastLook = monotonicMs()

  /** @param idleFactor after a look there is none for this many times as long as that look took */
  constructor(idleFactor = 0) {
    this.#idleFactor = idleFactor
  }

  /** Watches one more directory, if it is there; only names that `isRelevant` accepts count as a change. */
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

  /** Resolves when it is time to look again, or once `signal` is aborted; true when there was a change. */
  async next(signal?: AbortSignal): Promise<boolean> {
    const idle = Math.max(DEBOUNCE_MS, (monotonicMs() - this.#lastLook) * this.#idleFactor)
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
    this.#lastLook = monotonicMs()
    return hasChanged
  }

  close(): void {
    this.#watcher.close()
  }
}
