/**
 * An in-memory index of a home, kept current by watching it: for a long-running reader, which must not list a hundred
 * thousand files for each question. It can be rebuilt from the directories at any time; a timed rescan finds what no
 * event reported.
 */
import { join } from 'node:path'
import { monotonicMs } from '../clock.ts'
import { ContentLoader } from './loader.ts'
import { type Entry, entryOf, type JobDir } from './entry.ts'
import { ChangeFeed, type Changes } from '../disk/change-feed.ts'
import { eachName, listDir, lstat } from '../disk/files.ts'
import { type Home, HOME_DIRS, STATE_DIR } from '../spool/layout.ts'
import { doneDayDirs, type FoundDir, holderDirs, waitingDirs } from './dirs.ts'
import { IN_TRANSIT_MS, type IndexDelta, JobIndex, type StateCounts } from './job-index.ts'
import { STATES } from '../job/state.ts'

/** How often to rescan (ms), and how often where directories cannot be watched. */
const RESCAN_MS = 15_000
const POLL_MS = 500
/** A rescan is followed by a pause of this many times its own duration. */
const IDLE_FACTOR = 20
/** Names handled without a pause. If more than this change in one directory, listing it is quicker. */
const BATCH_SIZE = 2000
/** How soon (ms) to rescan after that many changes: the kernel may have dropped events. */
const FLOOD_MS = 1000

export interface CatalogChange extends IndexDelta {
  /** Something about workers may have changed. */
  readonly holders: boolean
}

const NONE: ReadonlySet<string> = new Set()
/** Lets other work of this process go first. */
const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

export class Catalog {
  readonly #home: Home
  readonly #feed: ChangeFeed
  readonly #index = new JobIndex()
  readonly loader = new ContentLoader(this.#index)
  readonly #dirs = new Map<string, JobDir>()
  readonly #listeners = new Set<(change: CatalogChange) => void>()
  #haveHoldersChanged = false
  #corrupt = 0

  private constructor(home: Home, isPolling: boolean) {
    this.#home = home
    this.#feed = new ChangeFeed({
      apply: (changes) => this.#apply(changes),
      rescan: () => this.#rescan(),
      rescanMs: RESCAN_MS,
      pollMs: POLL_MS,
      idleFactor: IDLE_FACTOR,
      // Of the traces of runs, which come and go by the dozen, only progress is shown.
      isRelevant: (dir, name) => dir !== home.run || name.endsWith('.progress'),
      isPolling,
    })
  }

  /** Lists the home, then follows its changes until closed. @param isPolling watches nothing, and only rescans */
  static async open(home: Home, isPolling: boolean): Promise<Catalog> {
    const catalog = new Catalog(home, isPolling)
    await catalog.#listAll()
    // The first listing is no change.
    catalog.#index.takeDelta()
    catalog.loader.readSoon()
    catalog.#feed.start()
    return catalog
  }

  /** Resolves once all changes reported so far have been applied. */
  async upToDate(): Promise<this> {
    await turn()
    this.#feed.flush()
    return this
  }

  /** One entry for each job, in no particular order. */
  get jobs(): Iterable<Entry> {
    return this.#index.jobs.values()
  }

  /** How many files are in `corrupt/`. */
  get corrupt(): number {
    return this.#corrupt
  }

  /** Jobs by state for each queue that has any. */
  get queues(): ReadonlyMap<string, Readonly<StateCounts>> {
    return this.#index.queues
  }

  find(id: string): Entry | undefined {
    return this.#index.jobs.get(id)
  }

  /** Calls `listener` soon after each change. Returns the function that ends this. */
  listen(listener: (change: CatalogChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** How many directories are watched. */
  get watched(): number {
    return this.#feed.watcher.size
  }

  close(): void {
    this.#feed.close()
    this.loader.close()
  }

  #apply(changes: Changes): void {
    for (const [dir, names] of changes) this.#applyIn(dir, names)
    if (this.#index.forgetLost(monotonicMs())) this.#feed.applyWithin(IN_TRANSIT_MS / 2)
    this.#notify()
    this.loader.readSoon()
  }

  #notify(): void {
    const delta = this.#index.takeDelta()
    if (!delta && !this.#haveHoldersChanged) return
    const change = { changed: NONE, removed: NONE, ...delta, holders: this.#haveHoldersChanged }
    this.#haveHoldersChanged = false
    for (const listener of this.#listeners) listener(change)
  }

  #applyIn(dir: string, names: ReadonlySet<string>): void {
    const { root, processing, done, waiting, corrupt, run } = this.#home
    const jobDir = this.#dirs.get(dir)
    if (jobDir && names.size > BATCH_SIZE) this.#relist(jobDir, names).catch(() => this.#feed.rescanWithin(FLOOD_MS))
    else if (jobDir) for (const name of names) this.#check(jobDir, name)
    if (dir === run) for (const name of names) this.#index.markChanged(name.replace(/\.\d+\.progress$/, ''))
    if (dir === corrupt) this.#countCorrupt()
    if (dir === done) this.#findDays()
    if (dir === waiting || (dir === root && names.has('waiting'))) this.#findDoors()
    // A state directory was removed, or made again.
    if (dir === root && HOME_DIRS.some((one) => names.has(one))) this.#feed.rescanWithin(0)
    if (!dir.startsWith(processing)) return
    this.#haveHoldersChanged = true
    // The names in a worker's directory are jobs; in `processing/` and in an operator's they are directories.
    if (!jobDir || dir === processing) this.#findHolders()
  }

  /** Compares one name with the disk. */
  #check(jobDir: JobDir, fileName: string): void {
    for (const changed of jobDir.listings) changed.add(fileName)
    const known = jobDir.entries.get(fileName)
    const isThere = fileName !== '' && lstat(join(jobDir.dir, fileName)) !== undefined
    if (known && !isThere) this.#remove(jobDir, known)
    else if (known) this.#index.markStale(known)
    else if (isThere) this.#add(jobDir, fileName)
  }

  /** Lists a directory in which very many names have changed. */
  async #relist(jobDir: JobDir, names: ReadonlySet<string>): Promise<void> {
    // A listing already in progress checks all of these when it ends.
    for (const changed of jobDir.listings) for (const fileName of names) changed.add(fileName)
    if (jobDir.listings.size === 0) await this.#list(jobDir)
    for (const fileName of names) {
      const known = jobDir.entries.get(fileName)
      if (known) this.#index.markStale(known)
    }
    this.#feed.applyWithin(0)
    this.#feed.rescanWithin(FLOOD_MS)
  }

  #add(jobDir: JobDir, fileName: string): void {
    const entry = entryOf(jobDir, fileName)
    if (!entry) return
    jobDir.entries.set(fileName, entry)
    this.#index.add(entry)
  }

  #remove(jobDir: JobDir, entry: Entry): void {
    jobDir.entries.delete(entry.fileName)
    this.#index.remove(entry, monotonicMs())
  }

  /** Lists a directory, a batch for each step of the generator. */
  *#listInBatches({ dir, state, holder }: JobDirRef): Generator<void> {
    this.#feed.watcher.add(dir)
    const jobDir = this.#dirs.get(dir) ?? {
      dir,
      state,
      holder,
      entries: new Map(),
      listedMtime: 0,
      listings: new Set<Set<string>>(),
    }
    this.#dirs.set(dir, jobDir)
    const changed = new Set<string>()
    jobDir.listings.add(changed)
    jobDir.listedMtime = lstat(dir)?.mtimeMs ?? 0
    const missing = new Set(jobDir.entries.keys())
    let count = 0
    try {
      for (const fileName of eachName(dir)) {
        if (!missing.delete(fileName) && !jobDir.entries.has(fileName)) this.#add(jobDir, fileName)
        if (++count % BATCH_SIZE === 0) yield
      }
    } catch (error) {
      // One holder or day that cannot be listed now: what is known of it stays, and the others are listed.
      if (holder === undefined && dir === this.#home[STATE_DIR[state]]) throw error
      missing.clear()
    } finally {
      jobDir.listings.delete(changed)
    }
    // A name that changed during the listing may have been listed before or after that.
    for (const fileName of [...missing, ...changed]) this.#check(jobDir, fileName)
  }

  /** Lists a directory with pauses for other work. */
  async #list(dir: JobDirRef): Promise<void> {
    for (const _batch of this.#listInBatches(dir)) {
      await turn()
      if (this.#feed.isClosed) return
    }
  }

  #listNow(dir: JobDirRef): void {
    for (const _batch of this.#listInBatches(dir)) continue
  }

  /** Lists directories below `parent` that come and go: the new ones, or with `all` every one. Forgets those that are gone. */
  #listBelow(parent: string, found: Iterable<FoundDir>, all: boolean): void {
    const there = new Set<string>()
    for (const { dir, state, holder } of found) {
      there.add(dir)
      if (!state) this.#feed.watcher.add(dir)
      else if (all || dir === parent || !this.#dirs.has(dir)) this.#listNow({ dir, state, holder })
    }
    this.#feed.watcher.dropOthers(parent, there)
    for (const jobDir of this.#dirs.values()) {
      if (!jobDir.dir.startsWith(parent) || there.has(jobDir.dir)) continue
      this.#dirs.delete(jobDir.dir)
      for (const entry of jobDir.entries.values()) this.#remove(jobDir, entry)
    }
  }

  #findHolders(): void {
    this.#listBelow(this.#home.processing, holderDirs(this.#home), true)
  }

  #findDays(): void {
    this.#listBelow(this.#home.done, doneDayDirs(this.#home), false)
  }

  #findDoors(): void {
    this.#listBelow(this.#home.waiting, waitingDirs(this.#home), false)
  }

  #countCorrupt(): void {
    this.#corrupt = listDir(this.#home.corrupt).filter((name) => !name.endsWith('.reason')).length
  }

  async #rescan(): Promise<void> {
    try {
      await this.#listAll()
    } finally {
      this.#feed.flush()
    }
  }

  /** Lists every directory that has changed since it was last listed. */
  async #listAll(): Promise<void> {
    for (const dir of [this.#home.root, this.#home.corrupt, this.#home.run]) this.#feed.watcher.add(dir)
    for (const state of STATES) {
      // It has only directories, which are found below.
      if (state === 'waiting') continue
      const dir = this.#home[STATE_DIR[state]]
      if (this.#dirs.get(dir)?.listedMtime !== lstat(dir)?.mtimeMs) await this.#list({ dir, state, holder: undefined })
    }
    this.#findHolders()
    this.#findDays()
    this.#findDoors()
    for (const jobDir of this.#dirs.values())
      if (lstat(jobDir.dir)?.mtimeMs !== jobDir.listedMtime) await this.#list(jobDir)
    this.#countCorrupt()
  }
}

type JobDirRef = Pick<JobDir, 'dir' | 'state' | 'holder'>
