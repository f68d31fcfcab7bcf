/**
 * What lies where in the whole home, kept current by watching: for a program that looks again and again, and must not
 * list a hundred thousand files each time. Reading only, and worth nothing by itself: it is made anew from the
 * directories at any time, and a timed look finds what no watch told.
 */
import { join } from 'node:path'
import { monotonicMs } from '../clock.ts'
import { ContentLoader } from './loader.ts'
import { type Entry, entryOf, type JobDir } from './entry.ts'
import { eachName, listDir, lstat } from '../disk/files.ts'
import { type Home, HOME_DIRS, STATE_DIR } from '../spool/layout.ts'
import { doneDayDirs, holderDirs, type FoundDir } from './dirs.ts'
import { type IndexDelta, IN_TRANSIT_MS, JobIndex, type StateCounts } from './job-index.ts'
import { DirWatcher } from '../disk/watcher.ts'
import { type State, STATES } from '../job/state.ts'

/** What happens within this time (ms) is looked at together. */
const TOGETHER_MS = 20
/** How often (ms) one looks for what was not heard, and for how many times as long as that took there is no other look. */
const TRUTH_MS = 15_000
const DEAF_MS = 500
const REST = 20
/** Names that are looked at without a pause; so many at once in one directory are more quickly listed. */
const LOT = 2000
/** How soon (ms) is looked again after so many: the system may have dropped what nobody heard in time. */
const FLOOD_MS = 1000

/** What has changed; `holders`: perhaps something about workers. */
export interface CatalogChange extends IndexDelta {
  readonly holders: boolean
}

const NOTHING: ReadonlySet<string> = new Set()
const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

export class Catalog {
  readonly #home: Home
  readonly #watching: DirWatcher
  readonly #standing = new JobIndex()
  readonly loader = new ContentLoader(this.#standing)
  readonly #places = new Map<string, JobDir>()
  readonly #listeners = new Set<(heard: CatalogChange) => void>()
  #dirty = new Map<string, Set<string>>()
  #holders = false
  #corrupt = 0
  #timer: NodeJS.Timeout | undefined
  #truth: NodeJS.Timeout | undefined
  #isClosed = false

  private constructor(home: Home, isPolling: boolean) {
    this.#home = home
    this.#watching = new DirWatcher((dir, name) => this.#hear(dir, name), { isDisabled: isPolling })
  }

  /** Lists the home, and keeps to it until closed. `isPolling`: by timed looks alone. */
  static async open(home: Home, isPolling: boolean): Promise<Catalog> {
    const catalogue = new Catalog(home, isPolling)
    await catalogue.#listAll()
    // Whoever opens it knows nothing yet: nothing has changed for him.
    catalogue.#standing.takeDelta()
    catalogue.loader.readSoon()
    catalogue.#lookAgain(0)
    return catalogue
  }

  /** Everything that was heard has been looked at. */
  async upToDate(): Promise<this> {
    await turn()
    this.#flush()
    return this
  }

  /** One entry for each job, in no particular order. */
  get jobs(): Iterable<Entry> {
    return this.#standing.jobs.values()
  }

  /** Files that were set aside. */
  get corrupt(): number {
    return this.#corrupt
  }

  /** Jobs by state for each queue that has any. */
  get queues(): ReadonlyMap<string, Readonly<StateCounts>> {
    return this.#standing.queues
  }

  find(id: string): Entry | undefined {
    return this.#standing.jobs.get(id)
  }

  /** Calls `heard` with what has changed, soon after it has. The result ends it. */
  listen(heard: (heard: CatalogChange) => void): () => void {
    this.#listeners.add(heard)
    return () => this.#listeners.delete(heard)
  }

  /** How many directories are watched. */
  get watched(): number {
    return this.#watching.size
  }

  close(): void {
    this.#isClosed = true
    this.#watching.close()
    this.loader.close()
    for (const timer of [this.#timer, this.#truth]) clearTimeout(timer)
  }

  #hear(dir: string, name = ''): void {
    // Traces of runs come and go by the dozen: only how far a job says it is is shown.
    if (this.#isClosed || (dir === this.#home.run && !name.endsWith('.progress'))) return
    const heard = this.#dirty.get(dir) ?? new Set()
    this.#dirty.set(dir, heard.add(name))
    this.#timer ??= setTimeout(() => this.#flushLater(), TOGETHER_MS).unref()
  }

  /** As a timer does it: nobody is there to be told what goes wrong, such as that no descriptors are left. */
  #flushLater(): void {
    try {
      this.#flush()
    } catch {
      // What was not looked at now is found by the next look at everything.
    }
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#isClosed) return
    const heard = this.#dirty
    this.#dirty = new Map()
    for (const [dir, found] of heard) this.#lookAt(dir, found)
    if (this.#standing.forgetLost(monotonicMs()))
      this.#timer ??= setTimeout(() => this.#flushLater(), IN_TRANSIT_MS / 2).unref()
    this.#say()
    this.loader.readSoon()
  }

  #say(): void {
    const change = this.#standing.takeDelta()
    if (!change && !this.#holders) return
    const heard = { changed: NOTHING, removed: NOTHING, ...change, holders: this.#holders }
    this.#holders = false
    for (const listener of this.#listeners) listener(heard)
  }

  #lookAt(dir: string, found: ReadonlySet<string>): void {
    const { root, processing, done, corrupt, run } = this.#home
    const place = this.#places.get(dir)
    if (place && found.size > LOT) this.#relist(place, found).catch(() => this.#lookAgain(0, FLOOD_MS))
    else if (place) for (const name of found) this.#lookFor(place, name)
    if (dir === run) for (const name of found) this.#standing.markChanged(name.replace(/\.\d+\.progress$/, ''))
    if (dir === corrupt) this.#countCorrupt()
    if (dir === done) this.#findDays()
    // A place was removed, or made again.
    if (dir === root && HOME_DIRS.some((one) => found.has(one))) this.#lookAgain(0, 0)
    if (!dir.startsWith(processing)) return
    this.#holders = true
    // A place is a worker's directory: its names are jobs. Of all others they are directories.
    if (!place || dir === processing) this.#findHolders()
  }

  #lookFor(place: JobDir, fileName: string): void {
    for (const listing of place.listings) listing.add(fileName)
    const known = place.entries.get(fileName)
    const isThere = fileName !== '' && lstat(join(place.dir, fileName)) !== undefined
    if (known && !isThere) this.#leave(place, known)
    else if (known) this.#standing.markStale(known)
    else if (isThere) this.#enter(place, fileName)
  }

  /** After a flood of names. */
  async #relist(place: JobDir, heard: ReadonlySet<string>): Promise<void> {
    // Whoever lists it already looks at all of these at its end.
    for (const listing of place.listings) for (const fileName of heard) listing.add(fileName)
    if (place.listings.size === 0) await this.#listSlowly(place.dir, place.state, place.holder)
    for (const fileName of heard) {
      const known = place.entries.get(fileName)
      if (known) this.#standing.markStale(known)
    }
    this.#flushLater()
    this.#lookAgain(0, FLOOD_MS)
  }

  #enter(place: JobDir, fileName: string): void {
    const entry = entryOf(place, fileName)
    if (!entry) return
    place.entries.set(fileName, entry)
    this.#standing.add(entry)
  }

  #leave(place: JobDir, entry: Entry): void {
    place.entries.delete(entry.fileName)
    this.#standing.remove(entry, monotonicMs())
  }

  /** Lists a directory; pauses at each yield. */
  *#listing(dir: string, state: State, holder?: string): Generator<void> {
    this.#watching.add(dir)
    const place = this.#places.get(dir) ?? {
      dir,
      state,
      holder,
      entries: new Map(),
      listed: 0,
      listings: new Set<Set<string>>(),
    }
    this.#places.set(dir, place)
    const heard = new Set<string>()
    place.listings.add(heard)
    place.listed = lstat(dir)?.mtimeMs ?? 0
    const left = new Set(place.entries.keys())
    let seen = 0
    for (const fileName of eachName(dir)) {
      if (!left.delete(fileName) && !place.entries.has(fileName)) this.#enter(place, fileName)
      if (++seen % LOT === 0) yield
    }
    // What was heard of meanwhile may have been gone by the time its name came.
    const doubted = [...left, ...heard]
    place.listings.delete(heard)
    for (const fileName of doubted) this.#lookFor(place, fileName)
  }

  async #listSlowly(dir: string, state: State, holder?: string): Promise<void> {
    for (const _pause of this.#listing(dir, state, holder)) {
      await turn()
      if (this.#isClosed) return
    }
  }

  /** Lists the places in a directory that come and go, the new ones at least, and forgets those that are gone. */
  #findPlaces(within: string, found: Iterable<FoundDir>, isAgain: boolean): void {
    const there = new Set<string>()
    for (const { dir, state, holder } of found) {
      there.add(dir)
      if (!state) this.#watching.add(dir)
      else if (isAgain || dir === within || !this.#places.has(dir))
        for (const _pause of this.#listing(dir, state, holder)) continue
    }
    this.#watching.dropOthers(within, there)
    for (const place of this.#places.values()) {
      if (!place.dir.startsWith(within) || there.has(place.dir)) continue
      this.#places.delete(place.dir)
      for (const entry of place.entries.values()) this.#leave(place, entry)
    }
  }

  #findHolders(): void {
    this.#findPlaces(this.#home.processing, holderDirs(this.#home), true)
  }

  #findDays(): void {
    this.#findPlaces(this.#home.done, doneDayDirs(this.#home), false)
  }

  #countCorrupt(): void {
    this.#corrupt = listDir(this.#home.corrupt).filter((name) => !name.endsWith('.reason')).length
  }

  async #listAll(): Promise<void> {
    for (const dir of [this.#home.root, this.#home.corrupt, this.#home.run]) this.#watching.add(dir)
    for (const state of STATES) {
      const dir = this.#home[STATE_DIR[state]]
      if (this.#places.get(dir)?.listed !== lstat(dir)?.mtimeMs) await this.#listSlowly(dir, state)
    }
    this.#findHolders()
    this.#findDays()
    for (const { dir, state, holder, listed } of this.#places.values())
      if (lstat(dir)?.mtimeMs !== listed) await this.#listSlowly(dir, state, holder)
    this.#countCorrupt()
  }

  /** Lists again what has changed since it was listed, in case that was not heard. */
  #lookAgain(took: number, soonest = this.#watching.hasFailed ? DEAF_MS : TRUTH_MS): void {
    clearTimeout(this.#truth)
    this.#truth = setTimeout(
      () => {
        const begun = monotonicMs()
        const again = (): void => {
          if (this.#isClosed) return
          this.#flushLater()
          this.#lookAgain(monotonicMs() - begun)
        }
        // What could not be listed now, for want of descriptors or the like, is listed then.
        this.#listAll().then(again, again)
      },
      Math.max(soonest, took * REST),
    ).unref()
  }
}
