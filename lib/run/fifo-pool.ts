/** FIFOs made ahead, because one call of mkfifo(1) is a process whether it makes one or many. */
import { dirname, join } from 'node:path'
import { QueueError } from '../errors.ts'
import { makeDir, move, removeTree } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { makeFifos } from '../disk/fifo.ts'
import { hasSpace } from '../disk/space.ts'

/** How many FIFOs one call of mkfifo(1) makes: it costs a process, whether it makes one or many. */
const BATCH = 64

const poolDir = (home: Home, owner: string): string => join(home.tmp, `${owner}.fifos`)

/** Removes what a worker made ahead and will not use; what several remove at once is left to the sweeper. */
export function discardFifos(home: Home, owner: string): void {
  try {
    removeTree(poolDir(home, owner))
  } catch {
    // Scratch; and no job waits for it.
  }
}

/** FIFOs made ahead for the runs of one worker. */
export class FifoPool {
  readonly #home: Home
  readonly #dir: string
  #ready: string[] = []
  #made = BATCH

  constructor(home: Home, owner: string) {
    this.#home = home
    this.#dir = poolDir(home, owner)
    this.#fill()
  }

  /** Puts a fresh FIFO at `path`. */
  take(path: string): void {
    if (this.#put(path)) return
    // None is left; or they were swept away because they had lain here for long; or run/ itself was removed.
    makeDir(dirname(path))
    this.#fill()
    if (!this.#put(path)) throw new QueueError('FAILED', `cannot make ${path}: its directory is gone`)
  }

  /** Takes a FIFO back for another run; nobody may hold it. Where it cannot be kept, it stays at `path`. */
  giveBack(path: string): void {
    const spare = join(this.#dir, String(this.#made++))
    try {
      // If we die after this: scratch that the sweeper removes.
      if (this.#ready.length < BATCH && move(path, spare)) this.#ready.push(spare)
    } catch {
      // It is removed with the other traces, and a new one is made.
    }
  }

  #put(path: string): boolean {
    const next = this.#ready.pop()
    return next !== undefined && move(next, path)
  }

  #fill(): void {
    // If we die here or later: scratch that the sweeper removes.
    removeTree(this.#dir)
    makeDir(this.#dir)
    const made = Array.from({ length: BATCH }, (_, n) => join(this.#dir, String(n)))
    try {
      makeFifos(made)
    } catch (error) {
      // mkfifo(1) says why only in words; half a batch must not keep the room that others need.
      removeTree(this.#dir)
      if (hasSpace(this.#home)) throw error
      throw new QueueError('DISK_FULL', 'cannot make a FIFO: no space left on the device', undefined, { cause: error })
    }
    this.#ready = made
  }
}
