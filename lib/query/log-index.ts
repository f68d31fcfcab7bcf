/**
 * Finds the lines of a run's output by number and by text without keeping the output in memory: for each block that was
 * read, the number of the line it begins in. Only what is new is read again; output may be larger than memory.
 */
import { sleep, monotonicMs } from '../clock.ts'
import { gapsOf, type OutputFile } from '../run/output-cap.ts'
import { OutputReader } from '../run/output-reader.ts'
import { type RunPaths, runPaths } from '../run/paths.ts'
import type { Home } from '../spool/layout.ts'

/** Lines that begin with `::group::TITLE` or `##[group]TITLE`, up to the end marker or the next group. */
export interface LogGroup {
  /** The line of the title, from 1. */
  readonly from: number
  /** The last line; absent while the group is open. */
  to?: number
  readonly title: string
}

export interface LogLine {
  /** Without the line end. With `isRaw` one character for each byte. */
  readonly text: string
  /** How many bytes at its end are left out. */
  readonly omitted?: number
}

export interface LineRange {
  /** From 1. */
  readonly from: number
  readonly limit: number
  /** Bytes as characters instead of UTF-8. */
  readonly isRaw?: boolean
}

export interface LineSearch {
  /** A text, in any case, or what looks like an error. */
  readonly find: string | RegExp
  readonly limit: number
  readonly signal?: AbortSignal
}

export interface LineMatches {
  readonly items: readonly { readonly line: number; readonly text: string }[]
  /** False when there may be more than `limit`. */
  readonly isComplete: boolean
}

/** How long (ms) to read without letting other work of the process go first. */
const SLICE_MS = 10
/** How much text one answer has, and one line of it (bytes). */
const MAX_ANSWER = 1_000_000
const MAX_LINE = 200_000
const MAX_GROUPS = 1000
const TITLE_BYTES = 300
const EXCERPT_CHARS = 300
const NEWLINE = 10

const GROUP = /^(?:::group::|##\[group\])(.*)/
const GROUP_END = /^(?:::endgroup::|##\[endgroup\])/
/** What a terminal does not show: it is not searched. */
const SEQUENCES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001B\n]*(?:\u0007|\u001B\\)?|[ -/]*[0-~])/g
/** A line that reports a failure. */
export const LOOKS_LIKE_ERROR =
  /^(?:::error|##\[error\])|\b(?:error|fatal|panic|exception|traceback|failed|failure|segmentation fault|not found|permission denied)\b/i

export class LogIndex {
  readonly #paths: RunPaths
  readonly #stream: OutputFile
  /** The gap that the size cap has made, as it was when this was read. */
  #gap = ''
  /** The offsets of blocks, and how many line ends are before each. */
  #offsets: number[] = [0]
  #linesBefore: number[] = [0]
  #groups: LogGroup[] = []
  #at = 0
  #complete = 0
  /** Where the line begins that has no end yet, and its first bytes. */
  #lineStart = 0
  #head: Buffer = Buffer.alloc(0)

  constructor(home: Home, of: { readonly id: string; readonly run: number }, stream: 'stdout' | 'stderr') {
    this.#paths = runPaths(home, of.id, of.run)
    this.#stream = stream === 'stdout' ? 'out' : 'err'
  }

  /** How many lines have an end. */
  get complete(): number {
    return this.#complete
  }
  /** How many lines there are; the last one may have no end yet. */
  get total(): number {
    return this.#complete + (this.#at > this.#lineStart ? 1 : 0)
  }
  /** Where the line after the complete ones begins (bytes). */
  get offset(): number {
    return this.#lineStart
  }
  get groups(): readonly LogGroup[] {
    return this.#groups
  }

  /** Reads what has been written since the last call. */
  async update(): Promise<void> {
    const gap = JSON.stringify(gapsOf(this.#paths.gap)[this.#stream] ?? null)
    if (gap !== this.#gap) this.#reset()
    this.#gap = gap
    const reader = this.#open(this.#at)
    try {
      let end = monotonicMs() + SLICE_MS
      let isAfterGap = false
      for (const block of reader.readNew()) {
        // The reader advances over the bytes before a gap and the line that stands for it only after both.
        const isAtGap = reader.at === this.#at
        const begin = isAtGap ? this.#at : reader.at - block.length
        if (isAfterGap && !isAtGap && this.#head.length === 0) this.#lineStart = begin
        isAfterGap = isAtGap
        if (!isAtGap && begin > 0) {
          this.#offsets.push(begin)
          this.#linesBefore.push(this.#complete)
        }
        this.#add(block, begin)
        this.#at = reader.at
        if (monotonicMs() < end) continue
        await sleep(0)
        end = monotonicMs() + SLICE_MS
      }
      this.#at = reader.at
    } finally {
      reader.close()
    }
  }

  /** Lines by number, fewer than asked for when they are long. */
  read({ from, limit, isRaw = false }: LineRange): LogLine[] {
    const found: LogLine[] = []
    let size = 0
    if (limit === 0) return found
    for (const { line, bytes, omitted } of this.#lines(this.#blockOf(from))) {
      if (line < from) continue
      const text = bytes.toString(isRaw ? 'latin1' : 'utf8')
      found.push(omitted > 0 ? { text, omitted } : { text })
      size += bytes.length
      if (found.length >= limit || size > MAX_ANSWER) break
    }
    return found
  }

  /** Lines that match, the first ones. */
  async search({ find, limit, signal }: LineSearch): Promise<LineMatches> {
    const wanted = typeof find === 'string' ? find.toLowerCase() : find
    const isMatch = (text: string): number =>
      typeof wanted === 'string' ? text.toLowerCase().indexOf(wanted) : text.search(wanted)
    const items: { line: number; text: string }[] = []
    let line = 0
    let end = monotonicMs() + SLICE_MS
    for (const [lines, bytes] of this.#chunks()) {
      const text = shownText(bytes.toString('utf8'))
      if (isMatch(text) >= 0)
        for (const [i, one] of text.split('\n').entries()) {
          const at = isMatch(one)
          if (at < 0 || items.at(-1)?.line === line + i + 1) continue
          if (items.length >= limit) return { items, isComplete: false }
          const begin = Math.max(0, at - EXCERPT_CHARS / 2)
          items.push({ line: line + i + 1, text: one.slice(begin, begin + EXCERPT_CHARS) })
        }
      line += lines
      if (monotonicMs() < end) continue
      await sleep(0)
      if (signal?.aborted) return { items, isComplete: false }
      end = monotonicMs() + SLICE_MS
    }
    return { items, isComplete: true }
  }

  #open(from: number): OutputReader {
    return new OutputReader(this.#paths, this.#stream, { from })
  }

  #reset(): void {
    this.#offsets = [0]
    this.#linesBefore = [0]
    this.#groups = []
    this.#at = 0
    this.#complete = 0
    this.#lineStart = 0
    this.#head = Buffer.alloc(0)
  }

  /** Counts the line ends of a block that begins at an offset, and notes its groups. */
  #add(block: Buffer, offset: number): void {
    let start = 0
    for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, start)) {
      this.#complete++
      const first = this.#head[0] ?? block[start]
      if (first === 0x3a || first === 0x23)
        this.#noteGroup(Buffer.concat([this.#head, block.subarray(start, Math.min(end, start + TITLE_BYTES))]))
      if (this.#head.length > 0) this.#head = Buffer.alloc(0)
      start = end + 1
      this.#lineStart = offset + start
    }
    if (this.#head.length < TITLE_BYTES)
      this.#head = Buffer.concat([this.#head, block.subarray(start, start + TITLE_BYTES)])
  }

  #noteGroup(line: Buffer): void {
    const text = line.toString('utf8')
    const open = this.#groups.at(-1)
    const title = GROUP.exec(text)?.[1]
    const isEnd = GROUP_END.test(text)
    if (open && open.to === undefined && (isEnd || title !== undefined)) open.to = this.#complete - (isEnd ? 0 : 1)
    if (title !== undefined && this.#groups.length < MAX_GROUPS)
      this.#groups.push({ from: this.#complete, title: title.trim() })
  }

  /** The last block that begins before a line does. */
  #blockOf(line: number): number {
    let low = 0
    let high = this.#offsets.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#linesBefore[middle] ?? 0) < line - 1) low = middle
      else high = middle - 1
    }
    return low
  }

  /** The lines from the one in which a block begins, with at most `MAX_LINE` bytes; the first one may lack its begin. */
  *#lines(block: number): Generator<{ readonly line: number; readonly bytes: Buffer; readonly omitted: number }> {
    let line = (this.#linesBefore[block] ?? 0) + 1
    let parts: Buffer[] = []
    let size = 0
    let kept = 0
    const keep = (part: Buffer): void => {
      size += part.length
      if (kept >= MAX_LINE) return
      parts.push(part.subarray(0, MAX_LINE - kept))
      kept += part.length
    }
    const take = (): { readonly line: number; readonly bytes: Buffer; readonly omitted: number } => {
      const bytes = Buffer.concat(parts)
      const taken = { line: line++, bytes, omitted: size - bytes.length }
      parts = []
      size = 0
      kept = 0
      return taken
    }
    const reader = this.#open(this.#offsets[block] ?? 0)
    try {
      for (const bytes of reader.readNew()) {
        let start = 0
        for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
          keep(bytes.subarray(start, end))
          yield take()
          start = end + 1
        }
        if (start < bytes.length) keep(bytes.subarray(start))
      }
      if (size > 0) yield take()
    } finally {
      reader.close()
    }
  }

  /** The output in pieces of whole lines, and how many line ends each has; of an endless line in parts. */
  *#chunks(): Generator<[number, Buffer]> {
    let rest: Buffer[] = []
    let size = 0
    const reader = this.#open(0)
    try {
      for (const bytes of reader.readNew()) {
        const end = bytes.lastIndexOf(NEWLINE) + 1
        if (end > 0) {
          const chunk = Buffer.concat([...rest, bytes.subarray(0, end - 1)])
          let lines = 1
          for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines++
          yield [lines, chunk]
          rest = []
          size = 0
        }
        rest.push(bytes.subarray(end))
        size += bytes.length - end
        if (size <= MAX_ANSWER) continue
        yield [0, Buffer.concat(rest)]
        rest = []
        size = 0
      }
      if (size > 0) yield [0, Buffer.concat(rest)]
    } finally {
      reader.close()
    }
  }
}

const shownText = (text: string): string => (text.includes('\u001B') ? text.replaceAll(SEQUENCES, '') : text)
