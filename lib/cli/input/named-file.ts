/** Reads a file that the user names. */
import { readFileSync } from 'node:fs'
import { errno, QueueError } from '../../errors.ts'

/** @param file its path, or `-` for standard input @throws QueueError NOT_FOUND when it cannot be read */
export function readNamedFile(file: string, doing: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new QueueError(
      'NOT_FOUND',
      `cannot ${doing} ${file}: ${errno(error) === 'ENOENT' ? 'there is no such file' : error instanceof Error ? error.message : String(error)}`,
    )
  }
}
