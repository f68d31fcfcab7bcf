/**
 * Where a command reads and writes: the only file that touches the standard streams.
 *
 * stdout is data, stderr is talk. Written synchronously, past node's streams: nothing is lost when the program ends,
 * and a reader that has gone away (`| head`) is no error.
 */
import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import pico from 'picocolors'
import { environment } from '../config.ts'
import { errno, QueueError } from '../errors.ts'

export type Colors = ReturnType<typeof pico.createColors>
export type ColorMode = 'auto' | 'always' | 'never'

export interface Io {
  /** Writes data: all of it, however slow the reader; nothing any more once the reader has gone. */
  print(data: string | Uint8Array): void
  /** Writes one line of talk. Never fails. */
  say(line: string): void
  /** Has the reader of our data gone? */
  readonly isOver: boolean
  /** Does a person see the data; the talk? */
  readonly isSeen: boolean
  readonly isHeard: boolean
  /** The width of the terminal; Infinity when the data goes elsewhere. */
  readonly columns: number
  /** For the data. */
  readonly colors: Colors
  readonly input: AsyncIterable<Uint8Array>
  readonly inputIsTerminal: boolean
  /** The directory we were called in. @throws QueueError when it has been removed. */
  readonly cwd: string
  /** The file that is run as `queuectl`. */
  readonly program: string
}

/** The streams of this process. */
export function processIo(mode: ColorMode): Io {
  const isSeen = isatty(1)
  const { noColor } = environment()
  let isOver = false
  return {
    print(data) {
      if (isOver) return
      try {
        writeAll(1, data)
      } catch (error) {
        if (errno(error) !== 'EPIPE') throw new QueueError('FAILED', `cannot write the output: ${why(error)}`)
        isOver = true
      }
    },
    say(line) {
      try {
        writeAll(2, `${line}\n`)
      } catch {
        // Nobody listens, and there is nobody else to tell.
      }
    },
    get isOver() {
      return isOver
    },
    isSeen,
    isHeard: isatty(2),
    get columns() {
      return isSeen ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY
    },
    colors: pico.createColors(mode === 'always' || (mode === 'auto' && isSeen && !noColor)),
    get input() {
      return process.stdin
    },
    get inputIsTerminal() {
      return isatty(0)
    },
    get cwd() {
      return whereWeAre()
    },
    program: process.argv[1] ?? '',
  }
}

const why = (error: unknown): string =>
  errno(error) === 'ENOSPC' ? 'no space left on the device' : (errno(error) ?? String(error))

function whereWeAre(): string {
  try {
    return process.cwd()
  } catch (error) {
    throw new QueueError(
      'FAILED',
      'cannot tell the current directory: it has been removed',
      'go to another one, or say where the job is to run with --cwd DIR',
      { cause: error },
    )
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/** A pipe that somebody made non-blocking takes a part or nothing at a time. */
function writeAll(fd: number, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  let done = 0
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (error) {
      if (errno(error) !== 'EAGAIN') throw error
      Atomics.wait(pause, 0, 0, 2)
    }
  }
}
