/**
 * The input and output of a command. Only this file touches the standard streams, and `screen.ts`, which takes over the
 * whole terminal.
 *
 * Data goes to stdout, messages to stderr. Both are written synchronously, past Node's streams: nothing is lost when the
 * program ends, and a reader that has gone away (`| head`) is not an error.
 */
import { fstatSync, statSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { environment } from '../config/env.ts'
import { errno, QueueError } from '../errors.ts'
import { jsonText, visible, visibleLines } from '../job/sanitize.ts'
import { sanitize } from './output/text.ts'

export type Colors = Readonly<Record<'bold' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>>
export type ColorMode = 'auto' | 'always' | 'never'

export interface Io {
  /**
   * Writes lines to stdout, all of them however slow the reader; nothing once the reader has gone. Whatever is in them is
   * harmless afterwards: of control characters only line ends, tabs and colours pass.
   */
  print(text: string): void
  /** The same, unchanged: what a job has written, and control sequences of our own. */
  write(data: string | Uint8Array): void
  /** Writes a line to stderr; with `--json` it is kept in `notes`, so that stderr is one JSON object at most. */
  message(line: string): void
  readonly notes: readonly string[]
  /** Writes a line to stderr in every case. */
  messageNow(line: string): void
  /** Asks a question, and reads the answer from the input, whatever that is. @returns undefined at its end */
  ask(question: string): Promise<string | undefined>
  /** Writes bytes to stderr unchanged: what a job has written to its own. */
  passStderr(data: Uint8Array): void
  /** The reader of stdout has gone: further data would be lost. */
  readonly isReaderGone: boolean
  readonly stdoutIsTerminal: boolean
  readonly stderrIsTerminal: boolean
  /** The width of the terminal; Infinity when stdout is not a terminal. */
  readonly columns: number
  /** For stdout. */
  readonly colors: Colors
  readonly input: AsyncIterable<Uint8Array>
  readonly inputIsTerminal: boolean
  /** Size of the input in bytes, when it is a file. */
  readonly inputSize: number | undefined
  /** The current directory. @throws QueueError FAILED when it has been removed */
  readonly cwd: string
  /** The file that was run as `queuectl`. */
  readonly program: string
}

/** Writes a message to stderr, with nothing harmful in it. Never throws. */
export function printMessage(line: string): void {
  try {
    writeAll(2, `${visibleLines(line)}\n`)
  } catch {
    // stderr is closed: there is nowhere left to report to.
  }
}

async function ask(question: string): Promise<string | undefined> {
  const { createInterface } = await import('node:readline')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  return new Promise((resolve) => {
    lines.once('close', () => resolve(undefined))
    lines.question(visible(question), (answer) => {
      resolve(answer.trim())
      lines.close()
    })
  })
}

/** Prints what `--json` kept back, when the command has succeeded. */
export function printNotes({ notes, messageNow }: Io): void {
  if (notes.length > 0) messageNow(jsonText({ notes }))
}

/** The streams of this process. @param json keeps messages back as notes */
export async function openIo(mode: ColorMode, json = false): Promise<Io> {
  const notes: string[] = []
  const stdoutIsTerminal = isTerminal(1)
  const hasColors = mode === 'always' || (mode === 'auto' && stdoutIsTerminal && isColorWanted())
  const colors = hasColors ? (await import('picocolors')).default.createColors(true) : PLAIN
  let isReaderGone = false
  const write = (data: string | Uint8Array): void => {
    if (isReaderGone) return
    try {
      writeAll(1, data)
    } catch (error) {
      if (errno(error) !== 'EPIPE') throw new QueueError('FAILED', `cannot write the output: ${describeErrno(error)}`)
      isReaderGone = true
    }
  }
  return {
    print: (text) => write(sanitize(text)),
    write,
    message(line) {
      if (json) notes.push(line)
      else printMessage(line)
    },
    notes,
    messageNow: printMessage,
    ask: (question) => ask(json ? '' : question),
    passStderr(data) {
      try {
        writeAll(2, data)
      } catch {
        // stderr is closed, which is no reason to stop.
      }
    },
    get isReaderGone() {
      return isReaderGone
    },
    stdoutIsTerminal,
    get stderrIsTerminal() {
      return isTerminal(2)
    },
    get columns() {
      return stdoutIsTerminal ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY
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
      return currentDirectory()
    },
    program: process.argv[1] ?? '',
  }
}

const isColorWanted = (): boolean => !environment().noColor

/** `isatty` makes Node load its streams and sockets, so ask it only about what may be a terminal, not /dev/null. */
function isTerminal(fd: number): boolean {
  const stats = fstatSync(fd)
  return (
    stats.isCharacterDevice() && stats.rdev !== statSync('/dev/null', { throwIfNoEntry: false })?.rdev && isatty(fd)
  )
}

const PLAIN: Colors = { bold: String, red: String, green: String, yellow: String, cyan: String }

const describeErrno = (error: unknown): string =>
  errno(error) === 'ENOSPC' ? 'no space left on the device' : (errno(error) ?? String(error))

function currentDirectory(): string {
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

/** Writes all bytes. A pipe that another process made non-blocking takes only a part, or fails with EAGAIN: then wait. */
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
