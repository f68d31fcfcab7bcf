/** Showing something again and again, until Ctrl-C or until nobody reads it any more. */
import { sleep } from '../clock.ts'
import type { Io } from './terminal.ts'

const EVERY_MS = 2000
/** To the top left; to the end of the line; to the end of the screen. Drawing over, not clearing: it does not flicker. */
const [HOME, REST_OF_LINE, REST_OF_SCREEN] = ['\x1b[H', '\x1b[K', '\x1b[J']

/** @returns the exit status */
export async function watch(io: Io, lines: () => Promise<string[]>): Promise<number> {
  const interrupted = new Promise<'interrupted'>((resolve) => process.once('SIGINT', () => resolve('interrupted')))
  if (io.isSeen) io.print('\x1b[2J')
  while (!io.isOver) {
    const shown = await lines()
    if (io.isSeen) io.print(HOME + shown.map((line) => `${line}${REST_OF_LINE}\n`).join('') + REST_OF_SCREEN)
    else io.print(`${shown.join('\n')}\n`)
    if ((await Promise.race([interrupted, sleep(EVERY_MS)])) === 'interrupted') return 130
  }
  return 0
}
