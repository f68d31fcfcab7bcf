/**
 * Hearing that something has happened to certain jobs, whoever runs them.
 *
 * Every start, end and settling leaves or removes a trace in `run/`, named after its job: one watch on that directory
 * tells of all of them. A watch is a hint and may be lost, and what an operator does to a waiting job leaves no trace:
 * a slow timer makes whoever waits look by himself.
 */
import { type FSWatcher, watch } from 'node:fs'
import { monotonicMs, sleep } from '../clock.ts'
import { exists } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'

/** How often one looks without having heard anything (ms), and how often when nothing can be heard. */
const SLOW_MS = 1000
const DEAF_MS = 100
/** What happens within this time is looked at together (ms). */
const TOGETHER_MS = 4
export class Attention {
  readonly #rest: number
  readonly #watchers = new Map<string, FSWatcher>()
  #isDeaf = false
  #heard = true
  #wake = (): void => {}
  #looked = monotonicMs()

  /** @param rest for how many times as long as a look took there is no other one */
  constructor(home: Home, isMeant: (id: string) => boolean, rest = 0) {
    this.#rest = rest
    this.watch(home.run, (name) => isMeant(name.replace(/\.\d+\.\w+$/, '')))
  }

  /** Listens to a directory too, as soon as there is one; `isNews` tells which names matter. */
  watch(dir: string, isNews: (name: string) => boolean = () => true): void {
    if (this.#watchers.has(dir) || !exists(dir)) return
    try {
      const watcher = watch(dir, { persistent: false }, (_event, name) => {
        if (name === null || isNews(name)) this.#hear()
      })
      watcher.on('error', () => {
        // Too many watches, or the directory is gone: the timer is left, and is enough.
        this.#isDeaf = true
      })
      this.#watchers.set(dir, watcher)
      this.#hear()
    } catch {
      // As above.
      this.#isDeaf = true
    }
  }

  unwatch(dir: string): void {
    this.#watchers.get(dir)?.close()
    this.#watchers.delete(dir)
  }

  #hear(): void {
    this.#heard = true
    this.#wake()
  }

  /** Resolves when it is time to look again, or once `cut` is aborted; true when something was heard. */
  async next(cut?: AbortSignal): Promise<boolean> {
    const rest = Math.max(TOGETHER_MS, (monotonicMs() - this.#looked) * this.#rest)
    await sleep(Math.min(rest, SLOW_MS), cut)
    if (!this.#heard && !cut?.aborted) {
      const woken = new AbortController()
      this.#wake = () => woken.abort()
      cut?.addEventListener('abort', this.#wake)
      await sleep(this.#isDeaf ? DEAF_MS : SLOW_MS, woken.signal)
      cut?.removeEventListener('abort', this.#wake)
      this.#wake = () => {}
    }
    const heard = this.#heard
    this.#heard = false
    this.#looked = monotonicMs()
    return heard
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }
}
