/** A worker's log file: one line an event, turned over to `<name>.log.1` when it grows large. */
import { nowMs } from '../clock.ts'
import { isoTime } from '../job/time.ts'
import { append, lstat, move } from '../disk/files.ts'

/** A log is turned over at this size; one old part is kept. */
const MAX_LOG_BYTES = 1_048_576

export class Log {
  readonly #path: string
  #size: number

  constructor(path: string) {
    this.#path = path
    this.#size = lstat(path)?.size ?? 0
  }

  /** Never fails: a full disk must not stop a worker. */
  write(line: string): void {
    const text = `${isoTime(nowMs())} ${line}\n`
    try {
      if (this.#size > MAX_LOG_BYTES) {
        move(this.#path, `${this.#path}.1`)
        this.#size = 0
      }
      append(this.#path, text)
      this.#size += Buffer.byteLength(text)
    } catch {
      // Talk, not state.
    }
  }
}
