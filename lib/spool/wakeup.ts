/**
 * Wakes workers. A wake-up is a hint without content: events get lost, and the poll timer finds what they would have
 * reported.
 *
 * A bell is a file that is touched: `wake/bell` for all workers, `bell` in a worker's directory for that worker.
 * chokidar watches the two files, not their directories: our own claims and stamps would cause several events a job,
 * and after an event in a directory chokidar keeps the process alive for a second. `pending/` is watched by `fs.watch`:
 * chokidar sets a watch for every file in it and reads the directory at each event (14 ms of CPU an event at 1,000
 * files), `fs.watch` sets one (0.1 ms at any size).
 */
import { join } from 'node:path'
import { touch } from '../disk/files.ts'
import { DirWatcher } from '../disk/watcher.ts'
import type { Home } from './layout.ts'

export const bellPath = (home: Home): string => join(home.wake, 'bell')

/** Wakes every idle worker of this home. Best effort: the poll timer covers a missed wake-up. */
export function ring(home: Home): void {
  try {
    touch(bellPath(home))
  } catch {
    // Best effort: the poll timer covers a missed wake-up.
  }
}

/** Wakes one worker, because of a job that it holds. Best effort. */
export function ringHolder(dir: string): void {
  try {
    touch(join(dir, 'bell'))
  } catch {
    // Best effort: the poll timer covers a missed wake-up.
  }
}

export interface WakeupListener {
  /** A file may have arrived in `pending/`, under this name if it is known. */
  onPending(fileName: string | undefined): void
  /** `wake/bell` was touched. */
  onBell(): void
  /** Our own bell was touched: there is a note about one of our runs. */
  onOwnBell(): void
  /** A watch failed: only the poll timer is left. */
  readonly onWatchFailed: (error: unknown) => void
}

/** Starts to watch; resolves when events are being delivered. The result stops it. */
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
  // `raw`, because of `change` events within 50 ms chokidar delivers only the first.
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
