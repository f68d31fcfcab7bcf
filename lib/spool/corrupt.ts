/** Quarantines files in `corrupt/`, each beside the reason, and lists them. */
import { join } from 'node:path'
import { lstat, move, listDir, readText, remove, writeNew } from '../disk/files.ts'
import { visible } from '../job/visible.ts'
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
      reason: readText(join(home.corrupt, `${name}.reason`))?.trim() ?? 'unknown',
    }))

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

/** The end of a name, short enough to leave room for our prefix and suffix. */
function truncateName(fileName: string): string {
  const rest = [...fileName]
  while (Buffer.byteLength(rest.join('')) > 200) rest.shift()
  return rest.join('')
}
