/**
 * What a worker listens to: `pending/`, the doorbell and its own bell. A directory that was replaced is silent for ever
 * to whoever watches the old one, so it is remembered which ones are being watched.
 */
import { look } from '../spool/files.ts'
import type { Home } from '../spool/home.ts'
import { listenFor, type Listener } from '../spool/wake.ts'

export class Ears {
  readonly #home: Home
  readonly #listener: Listener
  #stop: () => Promise<void> = async () => {}
  /** The watched directories, by {@link #watchable}; empty while we are deaf. */
  #watched = ''

  constructor(home: Home, listener: Listener) {
    this.#home = home
    this.#listener = listener
  }

  /** Has listening failed? */
  get areDeaf(): boolean {
    return this.#watched === ''
  }

  /** Do the directories that we watch no longer lie where they lay? */
  areOutdated(): boolean {
    return this.#watched !== this.#watchable()
  }

  /** Listens, anew if need be. Does not fail: without events the timed scan finds what comes. */
  async open(ownDir: string): Promise<void> {
    await this.close()
    this.#watched = this.#watchable()
    try {
      this.#stop = await listenFor(this.#home, ownDir, this.#listener)
    } catch (error) {
      this.#watched = ''
      this.#listener.deaf(error)
    }
  }

  async close(): Promise<void> {
    const stop = this.#stop
    this.#stop = async () => {}
    await stop()
  }

  #watchable(): string {
    return [this.#home.pending, this.#home.wake].map((path) => look(path)?.ino).join(' ')
  }
}
