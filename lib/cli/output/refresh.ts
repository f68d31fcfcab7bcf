/** Prints something every two seconds, until Ctrl-C or until the reader of stdout has gone. */
import { sleep } from '../../clock.ts'
import type { Io } from '../terminal.ts'
import { sanitize } from './text.ts'

const EVERY_MS = 2000
/** Move to the top left; clear to the end of the line, of the screen. Overwriting does not flicker, clearing first does. */
const [HOME, REST_OF_LINE, REST_OF_SCREEN] = ['\x1b[H', '\x1b[K', '\x1b[J']

/** @returns the exit status */
export async function printRepeatedly(io: Io, lines: () => Promise<string[]>): Promise<number> {
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  if (io.stdoutIsTerminal) io.write('\x1b[2J')
  while (!io.isReaderGone) {
    const shown = await lines()
    if (io.stdoutIsTerminal)
      io.write(HOME + shown.map((line) => `${sanitize(line)}${REST_OF_LINE}\n`).join('') + REST_OF_SCREEN)
    else io.print(`${shown.join('\n')}\n`)
    await sleep(EVERY_MS, interrupted.signal)
    if (interrupted.signal.aborted) break
  }
  // Continue below the `^C` that the terminal has written.
  if (io.stdoutIsTerminal) io.print('\n')
  return interrupted.signal.aborted ? 130 : 0
}
