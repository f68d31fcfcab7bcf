/** Shows the progress of a batch on a terminal, as a bar below the printed lines. */
import type { SingleBar } from 'cli-progress'
import { monotonicMs } from '../../clock.ts'
import type { Io } from '../terminal.ts'
import { roughDuration } from '../../job/time-text.ts'

export interface ProgressBar {
  /** @param jobs enqueued so far @param bytes read of the source so far */
  show(jobs: number, bytes: number): void
  /** Removes the bar before something is printed; `show` draws it again. */
  clear(): void
}

const NONE: ProgressBar = { show() {}, clear() {} }
/** A smaller source is read in a moment: no bar. */
const LEAST_BYTES = 65_536

/** @param total size of the source in bytes; undefined when unknown */
export async function openProgressBar(io: Io, total: number | undefined): Promise<ProgressBar> {
  const isTyped = total === undefined && io.inputIsTerminal
  if (!io.stderrIsTerminal || isTyped || (total !== undefined && total < LEAST_BYTES)) return NONE
  const { SingleBar } = await import('cli-progress')
  const format = total === undefined ? '{jobs} jobs' : '[{bar}] {percentage} %, {jobs} jobs, {left} left'
  const begun = monotonicMs()
  let bar: SingleBar | undefined
  const shown: ProgressBar = {
    show(jobs, bytes) {
      const left = roughDuration(((monotonicMs() - begun) * Math.max(0, (total ?? 0) - bytes)) / Math.max(1, bytes))
      if (bar) return bar.update(bytes, { jobs, left })
      // Its own handler would swallow Ctrl-C; a cursor that is not hidden need not be restored.
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
