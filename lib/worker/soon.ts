/**
 * Events of plain runs on their way to the journal and the log: those of a moment are written together, because a write
 * for each would cost as much as the rest of a run. Crash: those of the last moment are missing, as any event may be.
 */
import { nowMs } from '../clock.ts'
import { isoTime } from '../job/time.ts'
import { describeEvent } from '../journal/describe.ts'
import { appendLines, type Event, eventLine } from '../journal/journal.ts'
import type { Home } from '../spool/layout.ts'

/** How long an event waits for others (ms). */
const WAIT_MS = 10

export class SoonRecorded {
  readonly #home: Home
  /** Gets what people read of the events of a moment: whole lines, and the same with their times. */
  readonly #show: (lines: string, timed: string) => void
  #journal = ''
  #lines = ''
  #timed = ''
  /** Of the last event, ISO 8601. */
  #at = ''
  #timer: NodeJS.Timeout | undefined

  constructor(home: Home, show: (lines: string, timed: string) => void) {
    this.#home = home
    this.#show = show
  }

  add(event: Omit<Event, 'at'>): void {
    const at = isoTime(nowMs())
    // Each day has a file of its own.
    if (at.slice(0, 10) !== this.#at.slice(0, 10)) this.write()
    const line = describeEvent(event)
    this.#at = at
    this.#journal += eventLine(event, at)
    this.#lines += this.#lines === '' ? line : `\n${line}`
    this.#timed += `${at} ${line}\n`
    this.#timer ??= setTimeout(() => this.write(), WAIT_MS)
  }

  /** Writes what waits. */
  write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#journal === '') return
    const [journal, lines, timed] = [this.#journal, this.#lines, this.#timed]
    this.#journal = this.#lines = this.#timed = ''
    // If we die before or after this: the jobs are settled, and the journal lacks these events or the log does.
    appendLines(this.#home, this.#at.slice(0, 10), journal)
    this.#show(lines, timed)
  }
}
