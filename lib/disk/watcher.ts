/**
 * Hearing what changes in directories, however large they are: one `fs.watch` for each, and for each name of which
 * something is heard, that name. A watch is a hint: events get lost, and whoever needs the truth looks by himself.
 */
import { type FSWatcher, watch } from 'node:fs'
import { exists, look } from './files.ts'

export class Watching {
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly ino: number }>()
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

  /** Listens to a directory from now on, also when it is another one than it was. */
  add(dir: string): void {
    const ino = look(dir)?.ino
    if (this.#isOff || ino === undefined || this.#watchers.get(dir)?.ino === ino) return
    this.drop(dir)
    try {
      const watcher = watch(dir, { persistent: false }, (_event, name) => this.#heard(dir, name ?? undefined))
      // Too many watches, or the directory is gone.
      watcher.on('error', () => this.#lose(dir))
      this.#watchers.set(dir, { watcher, ino })
    } catch {
      // As above.
      this.#isDeaf ||= exists(dir)
    }
  }

  #lose(dir: string): void {
    this.drop(dir)
    this.#isDeaf ||= exists(dir)
  }

  drop(dir: string): void {
    this.#watchers.get(dir)?.watcher.close()
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
