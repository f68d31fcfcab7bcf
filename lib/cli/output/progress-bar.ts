/**
 * How far a batch has got, on a terminal: a bar below the lines that are printed meanwhile. Elsewhere nothing.
 */
import type { SingleBar } from 'cli-progress'
import { monotonicMs } from '../../clock.ts'
import { rough } from './text.ts'
import type { Io } from '../terminal.ts'

export interface Bar {
  /** So many jobs are enqueued, and so many bytes of the source are read. */
  show(jobs: number, bytes: number): void
  /** Takes the bar off the screen, for something to be printed; `show` draws it again. */
  clear(): void
}

const NONE: Bar = { show() {}, clear() {} }
/** A source that is read in a moment needs none. */
const LEAST_BYTES = 65_536

/** @param total bytes there are to read; undefined when that is not known */
export async function openBar(io: Io, total: number | undefined): Promise<Bar> {
  const isTyped = total === undefined && io.inputIsTerminal
  if (!io.isHeard || isTyped || (total !== undefined && total < LEAST_BYTES)) return NONE
  const { SingleBar } = await import('cli-progress')
  const format = total === undefined ? '{jobs} jobs' : '[{bar}] {percentage} %, {jobs} jobs, {left} left'
  const begun = monotonicMs()
  let bar: SingleBar | undefined
  const shown: Bar = {
    show(jobs, bytes) {
      const left = rough(((monotonicMs() - begun) * Math.max(0, (total ?? 0) - bytes)) / Math.max(1, bytes))
      if (bar) return bar.update(bytes, { jobs, left })
      // Its own answer to Ctrl-C would swallow it; the cursor it has not hidden need not be put back.
      bar = new SingleBar({ format, barsize: 30, clearOnComplete: true, gracefulExit: false, hideCursor: false })
      bar.start(total ?? 0, bytes, { jobs, left })
    },
    clear() {
      bar?.stop()
      bar = undefined
    },
  }
  if (total !== undefined) shown.show(0, 0)
  return shown
}
