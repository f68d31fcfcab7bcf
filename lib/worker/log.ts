/** Writes a worker's log file: one line for each event, rotated to `<name>.log.1` when it grows large. */
import { nowMs } from '../clock.ts'
import { visible } from '../job/visible.ts'
import { isoTime } from '../job/time.ts'
import { append, lstat, move } from '../disk/files.ts'

/** A log is rotated at this size; one old file is kept. */
const MAX_LOG_BYTES = 1_048_576

export class Log {
  readonly #path: string
  #size: number

  constructor(path: string) {
    this.#path = path
    this.#size = lstat(path)?.size ?? 0
  }

  /** Best effort: a full disk must not stop a worker. */
  write(line: string): void {
    const text = `${isoTime(nowMs())} ${visible(line)}\n`
    try {
      if (this.#size > MAX_LOG_BYTES) {
        // If we die after this: the next line begins a new log.
        move(this.#path, `${this.#path}.1`)
        this.#size = 0
      }
      append(this.#path, text)
      this.#size += Buffer.byteLength(text)
    } catch {
      // Only this line is lost: nothing reads the log to decide anything.
    }
  }
}
