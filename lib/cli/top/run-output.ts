/** What a job writes, followed on the live screen: both streams, in the order in which we see them. */
import { Tail } from '../../disk/tail.ts'
import type { Output } from '../../queue.ts'
import { cut, visible } from '../output/text.ts'
import type { Colors } from '../terminal.ts'

/** So much of what a run has written before we look (bytes). */
const BEFORE = 65_536
const MOST_LINES = 1000

interface Line {
  readonly text: string
  readonly isError: boolean
}

export class FollowedOutput {
  #run: number | undefined
  #out: Tail | undefined
  #err: Tail | undefined
  #lines: Line[] = []

  /** Takes up what has come; a new run begins anew. */
  read({ run, stdout, stderr }: Output): void {
    if (run !== this.#run) {
      this.#run = run
      this.#lines = []
      this.#out = Tail.atEnd(stdout, BEFORE)
      this.#err = Tail.atEnd(stderr, BEFORE)
    }
    for (const text of this.#out?.lines() ?? []) this.#lines.push({ text, isError: false })
    for (const text of this.#err?.lines() ?? []) this.#lines.push({ text, isError: true })
    if (this.#lines.length > MOST_LINES) this.#lines = this.#lines.slice(-MOST_LINES)
  }

  get run(): number | undefined {
    return this.#run
  }

  /** The last lines that fit. */
  shown(rows: number, columns: number, { red }: Colors): string[] {
    const unfinished = [
      { text: this.#out?.rest ?? '', isError: false },
      { text: this.#err?.rest ?? '', isError: true },
    ].filter(({ text }) => text !== '')
    return [...this.#lines, ...unfinished].slice(-Math.max(0, rows)).map(({ text, isError }) => {
      // What a progress bar has written over is gone on a terminal too.
      const last = text.replace(/\r$/, '').split('\r').at(-1) ?? ''
      const fitting = cut(visible(last.replaceAll('\t', '    ').replaceAll(/\x1b\[[\d;]*m/g, '')), columns)
      return isError ? red(fitting) : fitting
    })
  }
}
