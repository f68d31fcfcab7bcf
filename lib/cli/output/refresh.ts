/** Showing something again and again, until Ctrl-C or until nobody reads it any more. */
import { sleep } from '../../clock.ts'
import type { Io } from '../terminal.ts'

const EVERY_MS = 2000
/** To the top left; to the end of the line; to the end of the screen. Drawing over, not clearing: it does not flicker. */
const [HOME, REST_OF_LINE, REST_OF_SCREEN] = ['\x1b[H', '\x1b[K', '\x1b[J']

/** @returns the exit status */
export async function watch(io: Io, lines: () => Promise<string[]>): Promise<number> {
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  if (io.isSeen) io.print('\x1b[2J')
  while (!io.isOver) {
    const shown = await lines()
    if (io.isSeen) io.print(HOME + shown.map((line) => `${line}${REST_OF_LINE}\n`).join('') + REST_OF_SCREEN)
    else io.print(`${shown.join('\n')}\n`)
    await sleep(EVERY_MS, interrupted.signal)
    if (interrupted.signal.aborted) break
  }
  // Below the `^C` that the terminal has written.
  if (io.isSeen) io.print('\n')
  return interrupted.signal.aborted ? 130 : 0
}
