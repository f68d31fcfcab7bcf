/**
 * Where a command reads and writes: the only file that touches the standard streams, but for `screen.ts`, which has the
 * whole terminal.
 *
 * stdout is data, stderr is talk. Written synchronously, past node's streams: nothing is lost when the program ends,
 * and a reader that has gone away (`| head`) is no error.
 */
import { fstatSync, statSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { environment } from '../config/env.ts'
import { errno, QueueError } from '../errors.ts'

export type Colors = Readonly<Record<'bold' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>>
export type ColorMode = 'auto' | 'always' | 'never'

export interface Io {
  /** Writes data: all of it, however slow the reader; nothing any more once the reader has gone. */
  print(data: string | Uint8Array): void
  readonly say: typeof say
  /** Writes to where talk goes, as it is: what a job has written to its standard error. */
  pass(data: Uint8Array): void
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
  /** Bytes there are to read, when the input is a file. */
  readonly inputSize: number | undefined
  /** The directory we were called in. @throws QueueError when it has been removed. */
  readonly cwd: string
  /** The file that is run as `queuectl`. */
  readonly program: string
}

/** Writes one line of talk. Never fails. */
export function say(line: string): void {
  try {
    writeAll(2, `${line}\n`)
  } catch {
    // Nobody listens, and there is nobody else to tell.
  }
}

/** Asks the person at the terminal; `no` when there is no answer. */
export async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  return new Promise((resolve) => {
    lines.once('close', () => resolve('no'))
    lines.question(question, (answer) => {
      resolve(answer.trim())
      lines.close()
    })
  })
}

/** The streams of this process. */
export async function openIo(mode: ColorMode): Promise<Io> {
  const isSeen = isTerminal(1)
  const hasColors = mode === 'always' || (mode === 'auto' && isSeen && isColorWanted())
  const colors = hasColors ? (await import('picocolors')).default.createColors(true) : PLAIN
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
    say,
    pass(data) {
      try {
        writeAll(2, data)
      } catch {
        // As for `say`.
      }
    },
    get isOver() {
      return isOver
    },
    isSeen,
    get isHeard() {
      return isTerminal(2)
    },
    get columns() {
      return isSeen ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY
    },
    colors,
    get input() {
      return process.stdin
    },
    get inputIsTerminal() {
      return isTerminal(0)
    },
    get inputSize() {
      const stats = fstatSync(0)
      return stats.isFile() ? stats.size : undefined
    },
    get cwd() {
      return whereWeAre()
    },
    program: process.argv[1] ?? '',
  }
}

const isColorWanted = (): boolean => !environment().noColor

/** `isatty` loads streams and sockets, so it is asked only of what may be a terminal: not of /dev/null. */
function isTerminal(fd: number): boolean {
  const stats = fstatSync(fd)
  return (
    stats.isCharacterDevice() && stats.rdev !== statSync('/dev/null', { throwIfNoEntry: false })?.rdev && isatty(fd)
  )
}

const PLAIN: Colors = { bold: String, red: String, green: String, yellow: String, cyan: String }

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
