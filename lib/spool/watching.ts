/**
 * Hearing what changes in directories, however large they are: one `fs.watch` for each, and for each name of which
 * something is heard, that name. A watch is a hint: events get lost, and whoever needs the truth looks by himself.
 */
import { type FSWatcher, watch } from 'node:fs'
import { exists } from './files.ts'

export class Watching {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #heard: (dir: string, name: string | undefined) => void
  readonly #isOff: boolean
  #isDeaf: boolean

  /**
   * @param heard is told the directory and the name in it, as far as it is known
   * @param isOff watches nothing, where the file system would tell nothing
   */
  constructor(heard: (dir: string, name: string | undefined) => void, isOff = false) {
    this.#heard = heard
    this.#isOff = isOff
    this.#isDeaf = isOff
  }

  /** Did a watch fail, so that changes may go unheard? */
  get isDeaf(): boolean {
    return this.#isDeaf
  }

  get size(): number {
    return this.#watchers.size
  }

  /** Listens to a directory from now on; false when there is none. */
  add(dir: string): boolean {
    if (this.#watchers.has(dir)) return true
    if (!exists(dir)) return false
    if (this.#isOff) return true
    try {
      const watcher = watch(dir, { persistent: false }, (_event, name) => this.#heard(dir, name ?? undefined))
      // Too many watches, or the directory is gone.
      watcher.on('error', () => this.#lose(dir))
      this.#watchers.set(dir, watcher)
    } catch {
      // As above.
      this.#isDeaf ||= exists(dir)
    }
    return true
  }

  #lose(dir: string): void {
    this.drop(dir)
    this.#isDeaf ||= exists(dir)
  }

  drop(dir: string): void {
    this.#watchers.get(dir)?.close()
    this.#watchers.delete(dir)
  }

  /** Drops what is within a directory and not among these. */
  keep(within: string, kept: ReadonlySet<string>): void {
    for (const dir of this.#watchers.keys()) if (dir.startsWith(within) && !kept.has(dir)) this.drop(dir)
  }

  close(): void {
    for (const dir of this.#watchers.keys()) this.drop(dir)
  }
}
