/**
 * Contains failures: each is about one entry (a job, a holder, a dropped file), which is left alone for a while and
 * reported, and the round goes on with the others. Two different entries that fail alike by their surroundings in one
 * round are the machine's trouble: then nothing is claimed for a pause, as on a full disk.
 *
 * Entries are named by their path in the home.
 */
import { join } from 'node:path'
import { isoTime } from '../job/time.ts'
import { nowMs } from '../clock.ts'
import { errnoOf, failureKind } from '../disk/errno.ts'
import { lstat } from '../disk/files.ts'
import { QueueError } from '../errors.ts'
import type { Home } from '../spool/layout.ts'
import { type Trouble, writeTroubles } from '../spool/troubles.ts'
import { PassedOver } from './passed-over.ts'

/** A `--burst` worker gives an entry up once its pause is this long (ms): it was tried four times. */
const GIVEN_UP_MS = 8000

interface TroublesHost {
  readonly home: Home
  /** The worker's directory. */
  readonly dir: () => string
  /** Is a slot trying this entry now, so that it is not where it is known to be? */
  readonly isBusy: (entry: string) => boolean
  log(line: string): void
  /** Stops claiming for a pause. */
  onMachine(doing: string, error: unknown): void
}

/** With the errno: Node has no words for some, such as ESTALE. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = errnoOf(error)
  return code === undefined || message.includes(code) || error instanceof QueueError ? message : `${code}: ${message}`
}

export class Troubles {
  readonly passedOver: PassedOver
  readonly #host: TroublesHost
  /** The entries that began to fail in this round, by errno. */
  #failed = new Map<string, Set<string>>()
  #since = new Map<string, string>()
  #written = ''

  constructor(host: TroublesHost, passedOver = new PassedOver()) {
    this.#host = host
    this.passedOver = passedOver
  }

  /** From here on failures are compared anew. */
  beginRound(): void {
    this.#failed.clear()
  }

  /** Does something with one entry, unless it is left alone now. A failure is reported and not thrown. */
  contain(entry: string, doing: string, act: () => void): void {
    if (this.passedOver.has(entry)) return
    try {
      act()
      this.passedOver.forget(entry)
    } catch (error) {
      this.onFailure(entry, doing, error)
    }
  }

  /** The same for what takes time. */
  async containAsync(entry: string, doing: string, act: () => Promise<void>): Promise<void> {
    if (this.passedOver.has(entry)) return
    try {
      await act()
      this.passedOver.forget(entry)
    } catch (error) {
      this.onFailure(entry, doing, error)
    }
  }

  /** A part of what is done with one entry: a success does not show that the rest works. @returns undefined: it failed */
  attempt<T>(entry: string, doing: string, act: () => T): T | undefined {
    if (this.passedOver.has(entry)) return undefined
    try {
      return act()
    } catch (error) {
      this.onFailure(entry, doing, error)
      return undefined
    }
  }

  /** All of it was done. */
  forget(entry: string): void {
    this.passedOver.forget(entry)
  }

  /** Leaves an entry alone for a while, or stops claiming when its failure is the machine's trouble. */
  onFailure(entry: string, doing: string, error: unknown): void {
    const kind = failureKind(error)
    // Another process was faster with this entry.
    if (kind === 'gone' && this.#isGone(entry)) return this.passedOver.forget(entry)
    // Something of the home itself is gone, or the machine is out of something: it would be the same with any entry.
    if (kind === 'gone' || kind === 'machine') return this.#host.onMachine(doing, error)
    const message = messageOf(error)
    const { pause, isNew } = this.passedOver.add(entry, message)
    const shown = kind === 'unknown' && error instanceof Error ? (error.stack ?? message) : message
    if (isNew) this.#host.log(`cannot ${doing}: ${shown}; left alone for ${pause / 1000} s, and longer each time`)
    // An entry that is known to fail says nothing new about the machine.
    if (kind === 'surroundings' && isNew && this.#isOfManyEntries(errnoOf(error) ?? '', entry))
      this.#host.onMachine(doing, error)
  }

  #isOfManyEntries(code: string, entry: string): boolean {
    const entries = this.#failed.get(code) ?? new Set()
    this.#failed.set(code, entries.add(entry))
    return entries.size > 1
  }

  /** Not while it cannot be seen because its directory cannot be entered. */
  #isGone(entry: string): boolean {
    try {
      return lstat(join(this.#host.home.root, entry)) === undefined
    } catch {
      return false
    }
  }

  /** Has it been tried so often that a `--burst` worker need not wait for it? */
  isGivenUp(entry: string): boolean {
    return this.passedOver.pauseOf(entry) >= GIVEN_UP_MS
  }

  /** Is some entry in this directory, a path in the home, left alone? */
  hasAnyIn(dir: string): boolean {
    return this.passedOver.all.some(({ name }) => name.startsWith(`${dir}/`))
  }

  /** Forgets entries that are gone, and writes the rest where `status` and `doctor` see them if they have changed. */
  report(): void {
    const troubles = this.passedOver.all.flatMap(({ name, why }): Trouble[] => {
      if (!this.#host.isBusy(name) && this.#isGone(name)) {
        this.passedOver.forget(name)
        return []
      }
      const since = this.#since.get(name) ?? isoTime(nowMs())
      this.#since.set(name, since)
      return [{ entry: name, why, since }]
    })
    if (troubles.length === 0) this.#since.clear()
    const text = JSON.stringify(troubles)
    const dir = this.#host.dir()
    // Also after the worker has registered again, in another directory.
    if (text === '[]' ? this.#written === '' : this.#written === dir + text) return
    writeTroubles(this.#host.home, dir, troubles)
    this.#written = text === '[]' ? '' : dir + text
  }
}
