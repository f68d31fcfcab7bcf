/** Looks for programs as shells do. */
import { accessSync, constants, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The absolute path of a program; undefined when it is not in PATH. */
export function findProgram(name: string, path: string | undefined, cwd: string): string | undefined {
  return (path ?? '/usr/bin:/bin')
    .split(':')
    .map((dir) => join(resolve(cwd, dir), name))
    .find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // Not there, or not for us: the next directory.
    return false
  }
}
