/** Keeps what a worker knows of paused queues current, and says in its directory what it obeys. */
import { nowMs } from '../clock.ts'
import { pauseOf, type Pauses } from '../job/pause.ts'
import type { Home } from '../spool/layout.ts'
import { pauseStamps, readPauses, type Stamps, writeObeyed } from '../spool/pauses.ts'

export class PauseWatcher {
  readonly #home: Home
  #pauses: Pauses = new Map()
  /** What was written last, and where. */
  #written = '{}'
  #dir = ''

  constructor(home: Home) {
    this.#home = home
  }

  /** Must the jobs of this queue wait? */
  readonly mustWait = (queue: string): boolean => this.#pauses.size > 0 && pauseOf(this.#pauses, queue) !== undefined

  /** Looks at the files again. From here on nothing is claimed of what they pause. @param dir our own directory */
  refresh(dir: string): void {
    const stamps = pauseStamps(this.#home)
    this.#pauses = readPauses(this.#home, nowMs(), stamps)
    this.#publish(dir, stamps)
  }

  #publish(dir: string, stamps: Stamps): void {
    const text = JSON.stringify(stamps)
    const isKnown = text === this.#written && (dir === this.#dir || text === '{}')
    if (isKnown || !writeObeyed(this.#home, dir, stamps)) return
    this.#written = text
    this.#dir = dir
  }
}
