/** Makes FIFOs ahead of the runs that need them: mkfifo(1) costs a process, whether it makes one or many. */
import { dirname, join } from 'node:path'
import { makeFifos } from '../disk/fifo.ts'
import { lstat, makeDir, move, removeScratchDir } from '../disk/files.ts'
import { hasSpace } from '../disk/space.ts'
import { QueueError } from '../errors.ts'
import type { Home } from '../spool/layout.ts'

/** How many FIFOs one call of mkfifo(1) makes. */
const BATCH = 64

const poolDir = (home: Home, owner: string): string => join(home.tmp, `${owner}.fifos`)

/** The name of a run's FIFO may bear another one. */
const hasInode =
  (ino: number) =>
  (path: string): boolean =>
    lstat(path)?.ino === ino

/** Removes the FIFOs that a worker has made and not used. */
export function discardFifos(home: Home, owner: string): void {
  try {
    // If we die here: scratch that the sweeper removes.
    removeScratchDir(poolDir(home, owner))
  } catch {
    // Another process removes it at the same moment, or the disk fails: the sweeper removes the rest.
  }
}

/** A FIFO set aside for a run whose name is not known yet. */
export interface Reserved {
  readonly path: string
  readonly ino: number
  /** It was put where its run has it. */
  isUsed: boolean
}

/** The FIFOs made for the runs of one worker. */
export class FifoPool {
  readonly #home: Home
  readonly #dir: string
  #ready: { readonly path: string; readonly ino: number }[] = []
  /** The inodes of those in use, by path. */
  readonly #taken = new Map<string, number>()
  #made = BATCH

  constructor(home: Home, owner: string) {
    this.#home = home
    this.#dir = poolDir(home, owner)
    this.#fill()
  }

  /** Sets a FIFO aside, which {@link take} puts where it belongs, or {@link unreserve} takes back. */
  reserve(): Reserved {
    if (this.#ready.length === 0 || !lstat(this.#ready.at(-1)?.path ?? '')) this.#fill()
    const next = this.#ready.pop()
    if (!next) throw new QueueError('FAILED', 'cannot make a FIFO')
    return { ...next, isUsed: false }
  }

  /** If we die after this: scratch that the sweeper removes. */
  unreserve({ path, ino, isUsed }: Reserved): void {
    if (!isUsed) this.#ready.push({ path, ino })
  }

  /** Puts a fresh FIFO, or the one reserved for it, at `path`. @returns its inode */
  take(path: string, reserved?: Reserved): number {
    if (reserved) return this.#use(path, reserved)
    const ino = this.#put(path)
    if (ino !== undefined) return ino
    // None is left, or the sweeper removed them because they were old, or run/ itself was removed.
    makeDir(dirname(path))
    this.#fill()
    const made = this.#put(path)
    if (made === undefined) throw new QueueError('FAILED', `cannot make ${path}: its directory is gone`)
    return made
  }

  #use(path: string, reserved: Reserved): number {
    makeDir(dirname(path))
    // If we die after this: a FIFO that nothing holds beside a job that was not started; recovery removes it.
    if (!move(reserved.path, path, hasInode(reserved.ino)))
      throw new QueueError('FAILED', `cannot make ${path}: the FIFO reserved for it is gone`)
    reserved.isUsed = true
    this.#taken.set(path, reserved.ino)
    return reserved.ino
  }

  /** Takes back a FIFO that no process holds, for another run. False: it stays at `path`. */
  giveBack(path: string): boolean {
    const spare = join(this.#dir, String(this.#made++))
    const ino = this.#taken.get(path) ?? lstat(path)?.ino
    this.#taken.delete(path)
    if (ino === undefined) return false
    try {
      // If we die after this: scratch that the sweeper removes.
      if (this.#ready.length >= BATCH || !move(path, spare, hasInode(ino))) return false
      this.#ready.push({ path: spare, ino })
      return true
    } catch {
      // It is removed like the other traces; a new one is made for the next run.
      return false
    }
  }

  #put(path: string): number | undefined {
    const next = this.#ready.pop()
    // If we die after this: a FIFO that nothing holds beside a job that was not started; recovery removes it.
    if (!next || !move(next.path, path, hasInode(next.ino))) return undefined
    this.#taken.set(path, next.ino)
    return next.ino
  }

  #fill(): void {
    // If we die here or later: scratch that the sweeper removes.
    removeScratchDir(this.#dir)
    makeDir(this.#dir)
    const made = Array.from({ length: BATCH }, (_, n) => join(this.#dir, String(n)))
    try {
      makeFifos(made)
    } catch (error) {
      // mkfifo(1) gives no errno, so the free space tells a full disk; a partial batch must not keep inodes from others.
      removeScratchDir(this.#dir)
      if (hasSpace(this.#home)) throw error
      throw new QueueError('DISK_FULL', 'cannot make a FIFO: no space left on the device', undefined, { cause: error })
    }
    this.#ready = made.map((path) => ({ path, ino: lstat(path)?.ino ?? 0 }))
  }
}
