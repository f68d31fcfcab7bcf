/**
 * The doorbell. A wake-up is a hint and carries nothing that anybody depends on: events get lost, and the timed scan
 * finds what they would have told.
 *
 * `wake/bell` is rung by touching it, and watched by chokidar, as is the bell in a worker's own directory. Not their
 * directories: our own claims and stamps would ring several times a job, and after an event in a directory chokidar keeps
 * a process from ending for a second. `pending/` is watched by node's own `fs.watch`: chokidar sets one watch for every
 * file in it and reads the directory again at each event (14 ms of CPU an event at 1,000 files), `fs.watch` sets one
 * (0.1 ms at any size).
 */
import { join } from 'node:path'
import { touch } from '../disk/files.ts'
import { DirWatcher } from '../disk/watcher.ts'
import type { Home } from './layout.ts'

export const bellPath = (home: Home): string => join(home.wake, 'bell')

/** Wakes every idle worker of this home. Never fails: whoever does not hear it finds out by its timer. */
export function ring(home: Home): void {
  try {
    touch(bellPath(home))
  } catch {
    // A hint that could not be given; the timed scan is the truth.
  }
}

/** Wakes one worker: something about a job it holds has changed. */
export function ringHolder(dir: string): void {
  try {
    touch(join(dir, 'bell'))
  } catch {
    // As above.
  }
}

export interface WakeupListener {
  /** Something may have come into `pending/`, and perhaps under this name. */
  onPending(fileName: string | undefined): void
  /** The doorbell rang. */
  onBell(): void
  /** Our own bell rang: there is a note about one of our runs. */
  onOwnBell(): void
  /** Watching does not work (any more): only the timer is left. */
  readonly onWatchFailed: (error: unknown) => void
}

/** Starts listening; resolves once events come in. The result stops it. */
export async function watchForWakeups(
  home: Home,
  ownDir: string,
  listener: WakeupListener,
): Promise<() => Promise<void>> {
  const { watch } = await import('chokidar')
  const pending = new DirWatcher((_dir, name) => listener.onPending(name), { onError: listener.onWatchFailed })
  pending.add(home.pending)
  const watcher = watch([bellPath(home), join(ownDir, 'bell')], {
    ignoreInitial: true,
    atomic: false,
    awaitWriteFinish: false,
  })
  // `raw`, because chokidar drops `change` events that follow one another within 50 ms, without a trailing one.
  watcher.on('raw', (_event, _path, details) => {
    const watched = (details as { watchedPath?: string } | undefined)?.watchedPath ?? ''
    if (watched === bellPath(home)) listener.onBell()
    else listener.onOwnBell()
  })
  watcher.on('error', (error) => listener.onWatchFailed(error))
  await new Promise<void>((ready) => watcher.once('ready', ready))
  return async () => {
    pending.close()
    await watcher.close()
  }
}
