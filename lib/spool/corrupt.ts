/** What was set aside into `corrupt/`, and why. */
import { join } from 'node:path'
import { lstat, move, listDir, readText, remove, writeNew } from '../disk/files.ts'
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

/** Sets aside what could not be understood, its bytes untouched, the reason written first. False: it was gone. */
export function quarantine(home: Home, path: string, fileName: string, reason: string): boolean {
  if (!lstat(path)) return false
  const name = `${randomHex(8)}-${truncateName(fileName)}`
  const why = join(home.corrupt, `${name}.reason`)
  // If we die here: a reason without a file, which says when it was and harms nobody.
  writeNew(why, `${reason}\n`, false)
  if (move(path, join(home.corrupt, name))) return true
  remove(why)
  return false
}

/** The end of a name, short enough to stand between what we put around it. */
function truncateName(fileName: string): string {
  const rest = [...fileName]
  while (Buffer.byteLength(rest.join('')) > 200) rest.shift()
  return rest.join('')
}
