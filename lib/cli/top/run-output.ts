/** Follows the output of a job for the live screen: both streams as lines, in the order in which they are seen. */
import { StringDecoder } from 'node:string_decoder'
import type { Queue } from '../../queue.ts'
import type { OutputReader } from '../../run/output-reader.ts'
import { clip } from '../output/text.ts'
import { visible } from '../../job/sanitize.ts'
import type { Colors } from '../terminal.ts'

/** How much of the existing output to show at first (bytes, each stream). */
const TAIL_BYTES = 65_536
const MAX_LINES = 1000

interface OutputLine {
  readonly text: string
  readonly isError: boolean
}

export class FollowedOutput {
  readonly #queue: Queue
  readonly #id: string
  #run: number | undefined
  #streams: readonly StreamLines[] = []
  #lines: OutputLine[] = []
  #isClosed = false

  constructor(queue: Queue, id: string) {
    this.#queue = queue
    this.#id = id
  }

  /** Reads what has been written since the last call; a new run starts over. @throws QueueError NOT_FOUND without output */
  async read(): Promise<void> {
    const { run } = await this.#queue.output(this.#id)
    // Closed meanwhile: another read would open the files again.
    if (this.#isClosed) return
    if (run !== this.#run) this.#startOver(run)
    for (const stream of this.#streams) this.#lines.push(...stream.read())
    if (this.#lines.length > MAX_LINES) this.#lines = this.#lines.slice(-MAX_LINES)
  }

  close(): void {
    this.#isClosed = true
    for (const stream of this.#streams) stream.close()
  }

  get id(): string {
    return this.#id
  }

  get run(): number | undefined {
    return this.#run
  }

  /** The last lines that fit. */
  shown(rows: number, columns: number, { red }: Colors): string[] {
    const unfinished = this.#streams.flatMap((stream) => stream.unfinished())
    return [...this.#lines, ...unfinished].slice(-Math.max(0, rows)).map(({ text, isError }) => {
      // A progress bar rewrites its line: show what a terminal would still show.
      const last = text.replace(/\r$/, '').split('\r').at(-1) ?? ''
      const fitting = clip(visible(last.replaceAll('\t', '    ').replaceAll(/\x1b\[[\d;]*m/g, '')), columns)
      return isError ? red(fitting) : fitting
    })
  }

  #startOver(run: number): void {
    for (const stream of this.#streams) stream.close()
    const open = (name: 'stdout' | 'stderr'): StreamLines =>
      new StreamLines(this.#queue.openOutput({ id: this.#id, run }, name, { lastBytes: TAIL_BYTES }), name === 'stderr')
    this.#run = run
    this.#lines = []
    this.#streams = [open('stdout'), open('stderr')]
  }
}

/** One stream of a run, line by line. */
class StreamLines {
  readonly #reader: OutputReader
  readonly #isError: boolean
  readonly #decoder = new StringDecoder('utf8')
  /** The start of a line whose end has not been written yet. */
  #rest = ''

  constructor(reader: OutputReader, isError: boolean) {
    this.#reader = reader
    this.#isError = isError
  }

  read(): OutputLine[] {
    const found: string[] = []
    for (const block of this.#reader.readNew()) {
      const lines = (this.#rest + this.#decoder.write(block)).split('\n')
      this.#rest = lines.pop() ?? ''
      found.push(...lines)
    }
    return found.map((text) => ({ text, isError: this.#isError }))
  }

  unfinished(): OutputLine[] {
    return this.#rest === '' ? [] : [{ text: this.#rest, isError: this.#isError }]
  }

  close(): void {
    this.#reader.close()
  }
}
