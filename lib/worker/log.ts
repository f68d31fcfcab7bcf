/** Writes a worker's log file: one line for each event, rotated to `<name>.log.1` when it grows large. */
import { nowMs } from '../clock.ts'
import { visible } from '../job/sanitize.ts'
import { isoTime } from '../job/time.ts'
import { join } from 'node:path'
import { append, eachName, exists, lstat, move, remove } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'

/** A log is rotated at this size; one old file is kept. */
const MAX_LOG_BYTES = 1_048_576

export class Log {
  readonly #path: string
  #size: number

  constructor(path: string) {
    this.#path = path
    this.#size = lstat(path)?.size ?? 0
  }

  write(line: string): void {
    this.append(`${isoTime(nowMs())} ${visible(line)}\n`)
  }

  /** Appends whole lines that begin with their time. Best effort: a full disk must not stop a worker. */
  append(text: string): void {
    try {
      if (this.#size > MAX_LOG_BYTES) {
        // If we die after this: the next line begins a new log.
        move(this.#path, `${this.#path}.1`)
        this.#size = 0
      }
      append(this.#path, text)
      this.#size += Buffer.byteLength(text)
    } catch {
      // Only these lines are lost: nothing reads the log to decide anything.
    }
  }
}

/**
 * Removes the logs of workers that have left, as far as they were not written to for `seconds`. @param now milliseconds
 * @returns how many files
 */
export function pruneLogs(home: Home, seconds: number, now: number): number {
  let count = 0
  for (const entry of eachName(home.logs)) {
    const name = /^(worker-\d+-[0-9a-f]+)\.log(?:\.1)?$/.exec(entry)?.[1]
    // A worker that may live, whatever its clock says, goes on with its log.
    if (name === undefined || exists(join(home.processing, name))) continue
    const path = join(home.logs, entry)
    const stats = lstat(path)
    // If we die in between: the rest goes with the next pass.
    if (stats?.isFile() && now - stats.mtimeMs > seconds * 1000 && remove(path)) count++
  }
  return count
}
