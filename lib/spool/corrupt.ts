/** What was set aside into `corrupt/`, and why. */
import { join } from 'node:path'
import { names, read } from '../disk/files.ts'
import type { Home } from './layout.ts'

/** A file in `corrupt/`, by its absolute path. */
export interface CorruptFile {
  readonly file: string
  readonly reason: string
}

export const corruptFiles = (home: Home): CorruptFile[] =>
  names(home.corrupt)
    .filter((name) => !name.endsWith('.reason'))
    .map((name) => ({
      file: join(home.corrupt, name),
      reason: read(join(home.corrupt, `${name}.reason`))?.trim() ?? 'unknown',
    }))
