/**
 * The ground a worker stands on: its home with all its places, and its own directory in it.
 *
 * When part of it is missing, perhaps all of it is being removed at this moment. Whatever is written then stands in the
 * way of `rm -r`, or brings a home back that nobody wants; so nothing is, until it has been still for a while.
 */
import { monotonicMs } from '../clock.ts'
import { lstat } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'

/** A removal that has not gone on for so long (ms) is over. */
const STILL_MS = 1000

/** `changing`: something is missing, touch nothing yet. `damaged`: it stays missing. `gone`: there is no home any more. */
export type HomeState = 'same' | 'whole' | 'changing' | 'damaged' | 'gone'

export class HomeWatch {
  readonly #root: string
  readonly #dirs: readonly string[]
  /** The root as it was when everything was there. */
  #whole = ''
  #seen = ''
  #since = 0

  constructor({ root, config: _config, ballast: _ballast, ...places }: Home) {
    this.#root = root
    this.#dirs = Object.values(places)
  }

  /** @param hasOwnPlace is our own directory there? */
  check(hasOwnPlace: boolean): HomeState {
    const root = lstat(this.#root)
    if (!root) return 'gone'
    // A place that comes or goes changes both, and nothing else that happens in a home changes the second.
    const shape = `${root.ino} ${root.mtimeMs} ${root.nlink}`
    if (hasOwnPlace && shape === this.#whole) return 'same'
    const places = this.#dirs.map((path) => lstat(path))
    if (hasOwnPlace && places.every((place) => place !== undefined)) {
      this.#whole = shape
      this.#seen = ''
      return 'whole'
    }
    const seen = [shape, ...places.map((place) => place?.mtimeMs ?? '')].join(' ')
    const now = monotonicMs()
    if (seen !== this.#seen) {
      this.#seen = seen
      this.#since = now
    }
    return now - this.#since < STILL_MS ? 'changing' : 'damaged'
  }
}
