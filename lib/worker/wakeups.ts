/**
 * What a worker listens to: `pending/`, the doorbell and its own bell. What was replaced is silent for ever to whoever
 * watches the old one, so it is remembered which ones are being watched.
 */
import { lstat } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { bellPath, watchForWakeups, type WakeupListener, ring } from '../spool/wakeup.ts'

export class Wakeups {
  readonly #home: Home
  readonly #listener: WakeupListener
  #stop: () => Promise<void> = async () => {}
  #turn: Promise<void> = Promise.resolve()
  /** What is being watched, by {@link #watchable}; empty while we are deaf. */
  #watched = ''

  constructor(home: Home, listener: WakeupListener) {
    this.#home = home
    this.#listener = listener
  }

  /** Has listening failed, or does what we watch no longer lie where it lay? */
  areOutdated(): boolean {
    return this.#watched !== this.#watchable()
  }

  /** Listens, anew if need be. Does not fail: without events the timed scan finds what comes. */
  open(ownDir: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stop()
      // Where there is no bell, this makes one.
      ring(this.#home)
      this.#watched = this.#watchable()
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
    return this.#inTurn(() => this.#stop())
  }

  /** What is just being opened cannot be closed yet, and left open it would keep the process from ending. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(act)
    return this.#turn
  }

  #watchable(): string {
    return [this.#home.pending, bellPath(this.#home)].map((path) => lstat(path)?.ino).join(' ')
  }
}
