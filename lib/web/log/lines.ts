/** Lines of output as pieces of text with a style. Output is untrusted: every piece must be shown as a text node. */
import { type StyledText, Terminal } from '../ansi.ts'

export type LogStream = 'stdout' | 'stderr'
export type Line = readonly StyledText[]

/** Splits one stream into lines as a terminal shows them. The last line may still change. */
export class LineSplitter {
  readonly #terminal = new Terminal()
  #open: StyledText[] = []

  /** The line that has no end yet. */
  get open(): Line {
    return this.#open
  }

  /** @returns the lines that have ended */
  read(text: string): Line[] {
    const ended: Line[] = []
    for (const { erase = 0, ...piece } of this.#terminal.read(text)) {
      if (erase > 0) this.#open = withoutEnd(this.#open, erase)
      const parts = piece.text.split('\n')
      for (const [i, part] of parts.entries()) {
        if (part !== '') this.#open.push({ ...piece, text: part })
        if (i === parts.length - 1) continue
        ended.push(this.#open)
        this.#open = []
      }
    }
    return ended
  }
}

/** The pieces without this many characters at their end. */
function withoutEnd(line: Line, length: number): StyledText[] {
  const kept = [...line]
  for (let left = length; left > 0; ) {
    const last = kept.pop()
    if (!last) break
    if (last.text.length > left) kept.push({ ...last, text: last.text.slice(0, last.text.length - left) })
    left -= last.text.length
  }
  return kept
}

/** A line as the server sends it. */
export interface SentLine {
  readonly text: string
  readonly omitted?: number
}

/** Lines that were fetched, in order; colours carry over from one to the next. */
export function styledLines(sent: readonly SentLine[]): Line[] {
  const splitter = new LineSplitter()
  return sent.map(({ text, omitted }) => {
    const [line = []] = splitter.read(`${text}\n`)
    return omitted === undefined ? line : [...line, { text: ` … ${omitted} bytes more`, classes: 'dim' }]
  })
}

const CONTROL = /([\u0000-\u001F\u007F-\u009F\u00AD\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF])/

/** A line in which every byte is visible. @param bytes each as one character */
export function rawLine({ text: bytes, omitted }: SentLine): Line {
  const pieces: StyledText[] = decoded(bytes)
    .split(CONTROL)
    .map((text, i) => (i % 2 === 1 ? { text: escaped(text), classes: 'byte' } : { text, classes: '' }))
    .filter(({ text }) => text !== '')
  return omitted === undefined ? pieces : [...pieces, { text: ` … ${omitted} bytes more`, classes: 'dim' }]
}

/** As UTF-8 where it is; else the bytes that are not ASCII stay, to be escaped. */
function decoded(bytes: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)))
  } catch {
    return bytes.replaceAll(/[\u0080-\u00FF]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`)
  }
}

function escaped(char: string): string {
  const code = char.charCodeAt(0)
  if (char === '\u001B') return '\\e'
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** The text of a line without styles. */
export const textOf = (line: Line): string => line.map(({ text }) => text).join('')
