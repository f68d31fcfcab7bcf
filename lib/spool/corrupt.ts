/** Quarantines files in `corrupt/`, each beside the reason, and lists them. */
import { basename, join } from 'node:path'
import { isRealDir, listDir, lstat, makeDir, move, readText, remove, writeNew } from '../disk/files.ts'
import { visible } from '../job/sanitize.ts'
import type { Home } from './layout.ts'
import { randomHex } from '../clock.ts'

/** A file in `corrupt/`, by its absolute path. */
export interface CorruptFile {
  readonly file: string
  readonly reason: string
}

export const corruptFiles = (home: Home): CorruptFile[] =>
  listDir(home.corrupt)
    .filter((name) => !name.endsWith('.reason'))
    .map((name) => ({
      file: join(home.corrupt, name),
      reason: reasonOf(join(home.corrupt, name)),
    }))

/** Why a file was quarantined. */
export function reasonOf(file: string): string {
  try {
    return readText(`${file}.reason`)?.trim() ?? 'unknown'
  } catch {
    // Not written by us: the file is listed all the same.
    return 'unknown'
  }
}

/** Moves a file to `corrupt/`, its bytes untouched, after writing the reason. False when the file is gone. */
export function quarantine(home: Home, path: string, fileName: string, reason: string): boolean {
  if (!lstat(path)) return false
  const name = `${randomHex(8)}-${truncateName(fileName)}`
  const reasonPath = join(home.corrupt, `${name}.reason`)
  // If we die after this: a reason without a file, which is harmless and not listed.
  writeNew(reasonPath, `${visible(reason)}\n`, false)
  if (move(path, join(home.corrupt, name))) return true
  remove(reasonPath)
  return false
}

/** Removes a file of ours; a directory in its place is quarantined. */
export function removeOrQuarantine(home: Home, path: string, reason: string): void {
  if (isRealDir(path)) quarantine(home, path, basename(path), reason)
  else remove(path)
}

/**
 * Makes a directory where only one of ours may be; false when it was there. What is there instead, such as a link that
 * leads out of the home, is quarantined. If we die in between: no directory, and the next process makes it.
 */
export function makeRealDir(home: Home, path: string): boolean {
  if (makeDir(path)) return true
  if (isRealDir(path)) return false
  quarantine(home, path, basename(path), 'it was in the place of a directory')
  return makeDir(path)
}

/** The end of a name, short enough to leave room for our prefix and suffix. */
function truncateName(fileName: string): string {
  const rest = [...fileName]
  while (Buffer.byteLength(rest.join('')) > 200) rest.shift()
  return rest.join('')
}
