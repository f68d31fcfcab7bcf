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
 * @param mayBeLink a person may have put a link to a directory there
 */
export function makeRealDir(home: Home, path: string, mayBeLink = false): boolean {
  for (;;) {
    if (makeDir(path)) return true
    const stats = lstat(path)
    if (stats?.isDirectory() || (mayBeLink && lstat(`${path}/.`)?.isDirectory())) return false
    // If it has gone meanwhile, as an empty door does: again, since what comes to be there next is a directory of ours.
    if (stats) quarantine(home, path, basename(path), 'it was in the place of a directory')
  }
}

/** The end of a name, short enough to leave room for our prefix and suffix. */
function truncateName(fileName: string): string {
  const rest = [...fileName]
  while (Buffer.byteLength(rest.join('')) > 200) rest.shift()
  return rest.join('')
}
