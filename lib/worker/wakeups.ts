/**
 * What a worker listens to: `pending/`, the doorbell and its own bell. What was replaced is silent for ever to whoever
 * watches the old one, so it is remembered which ones are being watched.
 */
import { look } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { bell, listenFor, type Listener, ring } from '../spool/wakeup.ts'

export class Ears {
  readonly #home: Home
  readonly #listener: Listener
  #stop: () => Promise<void> = async () => {}
  #turn: Promise<void> = Promise.resolve()
  /** What is being watched, by {@link #watchable}; empty while we are deaf. */
  #watched = ''

  constructor(home: Home, listener: Listener) {
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
        this.#stop = await listenFor(this.#home, ownDir, this.#listener)
      } catch (error) {
        this.#stop = async () => {}
        this.#watched = ''
        this.#listener.deaf(error)
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
    return [this.#home.pending, bell(this.#home)].map((path) => look(path)?.ino).join(' ')
  }
}
