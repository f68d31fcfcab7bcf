/**
 * Watches what wakes a worker: `pending/`, the common bell and its own bell. A watch on a directory or file that was
 * replaced never reports anything again, so the inodes being watched are remembered.
 */
import { lstat } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { bellPath, watchForWakeups, type WakeupListener, ring } from '../spool/wakeup.ts'

export class Wakeups {
  readonly #home: Home
  readonly #listener: WakeupListener
  #stop: () => Promise<void> = async () => {}
  #last: Promise<void> = Promise.resolve()
  /** The inodes being watched, from {@link #inodes}; empty while the watch has failed. */
  #watched = ''

  constructor(home: Home, listener: WakeupListener) {
    this.#home = home
    this.#listener = listener
  }

  /** Has the watch failed, or was something that we watch replaced? */
  areOutdated(): boolean {
    return this.#watched !== this.#inodes()
  }

  /** Starts or restarts watching. Does not throw: without events the timed scan finds new jobs. */
  open(ownDir: string): Promise<void> {
    return this.#afterLast(async () => {
      await this.#stop()
      // Makes the bell if it does not exist.
      ring(this.#home)
      this.#watched = this.#inodes()
      try {
        this.#stop = await watchForWakeups(this.#home, ownDir, this.#listener)
      } catch (error) {
        this.#stop = async () => {}
        this.#watched = ''
        this.#listener.onWatchFailed(error)
      }
    })
  }

  close(): Promise<void> {
    return this.#afterLast(() => this.#stop())
  }

  /** One after the other: a watch that is still being opened cannot be closed, and would keep the process alive. */
  #afterLast(act: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(act)
    return this.#last
  }

  #inodes(): string {
    return [this.#home.pending, bellPath(this.#home)].map((path) => lstat(path)?.ino).join(' ')
  }
}
