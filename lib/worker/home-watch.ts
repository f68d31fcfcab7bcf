/**
 * Detects that the home, or the worker's own directory in it, is being removed.
 *
 * When a directory is missing, the whole home may be in the middle of a removal. A file written then makes `rm -r` fail
 * or brings the home back, so the worker writes nothing until the home has stopped changing.
 */
import { monotonicMs } from '../clock.ts'
import { lstat } from '../disk/files.ts'
import { type Home, HOME_DIRS } from '../spool/layout.ts'

/** A home that has not changed for this long (ms) is not being removed any more. */
const STABLE_MS = 1000

/**
 * `same`: complete and as before. `whole`: complete. `changing`: a directory is missing, write nothing yet. `damaged`:
 * it stays missing. `gone`: the home was removed.
 */
export type HomeState = 'same' | 'whole' | 'changing' | 'damaged' | 'gone'

export class HomeWatch {
  readonly #root: string
  readonly #dirs: readonly string[]
  /** The root's attributes at the last check that found everything. */
  #wholeRoot = ''
  /** The attributes of root and directories at the last check that found one missing; the same since `#since`. */
  #lastState = ''
  #since = 0

  constructor(home: Home) {
    this.#root = home.root
    this.#dirs = HOME_DIRS.map((name) => home[name])
  }

  /** @param hasOwnDir does the worker's own directory exist? */
  check(hasOwnDir: boolean): HomeState {
    const root = lstat(this.#root)
    if (!root) return 'gone'
    // A directory made or removed in the root changes mtime and link count; other changes keep the link count.
    const rootState = `${root.ino} ${root.mtimeMs} ${root.nlink}`
    if (hasOwnDir && rootState === this.#wholeRoot) return 'same'
    const dirs = this.#dirs.map((path) => lstat(path))
    if (hasOwnDir && dirs.every((dir) => dir !== undefined)) {
      this.#wholeRoot = rootState
      this.#lastState = ''
      return 'whole'
    }
    const state = [rootState, ...dirs.map((dir) => dir?.mtimeMs ?? '')].join(' ')
    const now = monotonicMs()
    if (state !== this.#lastState) {
      this.#lastState = state
      this.#since = now
    }
    return now - this.#since < STABLE_MS ? 'changing' : 'damaged'
  }
}
