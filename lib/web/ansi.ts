/**
 * Shows terminal output as a terminal would, one line at a time: what is overwritten is gone, and nothing else that a
 * sequence could hide. The output is untrusted: it is never parsed as HTML, and each piece must be shown as a text node.
 *
 * Only the line that is being written can change. Moving the cursor to earlier lines and clearing the screen are ignored,
 * so that no output disappears; concealed text is shown. A control string (a title, say) that is not ended on its line
 * is text. The raw view shows every byte.
 */
import { type Color, createAnsiSequenceParser, createColorPalette, type ParseToken } from 'ansi-sequence-parser'

export interface StyledText {
  readonly text: string
  /** Class names; empty for plain text. */
  readonly classes: string
  /** Colours without a class: `#010203`. */
  readonly color?: string
  readonly background?: string
  /** The target of a link (OSC 8). Untrusted: to be shown, and followed only if it is http or https. */
  readonly link?: string
  /** So many characters that were returned for this line before are to be removed first. */
  readonly erase?: number
}

type Style = Omit<StyledText, 'text' | 'erase'>

interface Cell {
  readonly text: string
  readonly style: Style
}

const PLAIN: Style = { classes: '' }
/** A control string that is longer is text. Of one that is not ended yet, this much is held back for the next chunk. */
const MAX_STRING = 4096
const MAX_HELD = 256
/** A line that is longer is returned in parts, which cannot be overwritten any more. */
const MAX_CELLS = 20_000

/** CSI: parameters, intermediate characters, the final one. ESC and one byte of C1 introduce the same. */
const CSI = /(?:\u001B\[|\u009B)([0-?]*)([ -/]*)([@-~])/y
/** OSC, DCS, SOS, PM, APC: a string up to BEL or ST, on one line. */
const CONTROL_STRING =
  /(?:\u001B[\]PX^_]|[\u009D\u0090\u0098\u009E\u009F])([^\u0007\u001B\u009C\n]*)(?:\u0007|\u001B\\|\u009C)/y
/** The begin of either, at the end of a chunk: the rest may come with the next one. */
const UNFINISHED =
  /(?:\u001B|(?:\u001B\[|\u009B)[0-?]*[ -/]*|(?:\u001B[\]PX^_]|[\u009D\u0090\u0098\u009E\u009F])[^\u0007\u001B\u009C\n]*\u001B?)$/
/** Other sequences of two or three characters: character sets, keypad modes, saved cursors. */
const ESCAPE = /\u001B(?:[ #%()*+][!-~]|[0-Z\\^-~])/y
const CONTROL = /[\u0000-\u001F\u007F-\u009F]/
const COMBINING = /^(?:\p{M}|\u200D|\uFE0F)/u

const palette = createColorPalette()

/** Reads one stream from its beginning, in chunks of any size; colours carry over to the next chunk. */
export class Terminal {
  readonly #parser = createAnsiSequenceParser()
  #rest = ''
  #style: Style = PLAIN
  #link: string | undefined
  /** The line that is being written, and the column that comes next. */
  #cells: Cell[] = []
  #column = 0
  /** What of this line was returned already. */
  #returned: readonly Cell[] = []

  /** @returns what is new, and what replaces the part of the last line that was returned before */
  read(chunk: string): StyledText[] {
    const text = this.#rest + chunk
    const unfinished = UNFINISHED.exec(text)?.[0] ?? ''
    this.#rest = unfinished.length < MAX_HELD ? unfinished : ''
    const out: StyledText[] = []
    const end = text.length - this.#rest.length
    for (let at = 0; at < end; ) at = this.#step(text, at, out)
    this.#flush(out, '')
    return out
  }

  /** Takes one character or sequence. @returns where the next one begins */
  #step(text: string, at: number, out: StyledText[]): number {
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0)
    if (!CONTROL.test(char)) {
      this.#put(char)
      if (this.#cells.length > MAX_CELLS) this.#endLine(out, '')
      return at + char.length
    }
    if (char === '\n') this.#endLine(out, '\n')
    else if (char === '\r') this.#column = 0
    else if (char === '\b') this.#column = Math.max(0, this.#column - 1)
    else if (char === '\t') this.#put('\t')
    else return this.#sequence(text, at)
    return at + 1
  }

  #sequence(text: string, at: number): number {
    const control = matchAt(CSI, text, at)
    if (control) {
      this.#csi(control[1] ?? '', control[2] ?? '', control[3] ?? '')
      return at + control[0].length
    }
    const string = matchAt(CONTROL_STRING, text, at)
    if (string && string[0].length <= MAX_STRING) {
      const target = /^8;[^;]*;(.*)$/.exec(string[1] ?? '')?.[1]
      if (target !== undefined) this.#link = target || undefined
      return at + string[0].length
    }
    // What begins a sequence and is none: the rest is text.
    return at + (matchAt(ESCAPE, text, at)?.[0].length ?? 1)
  }

  #csi(parameters: string, intermediate: string, final: string): void {
    const count = Math.max(1, Number.parseInt(parameters, 10) || 1)
    if (final === 'm' && intermediate === '') this.#style = this.#styleAfter(parameters)
    else if (final === 'C') this.#column = Math.min(this.#column + count, MAX_CELLS)
    else if (final === 'D') this.#column = Math.max(0, this.#column - count)
    else if (final === 'G' || final === '`') this.#column = Math.min(count - 1, MAX_CELLS)
    else if (final === 'K') this.#eraseInLine(parameters)
    else if (final === 'P') this.#cells.splice(this.#column, count)
  }

  /** `0`: from the cursor on, `1`: up to it, `2`: the whole line. */
  #eraseInLine(parameters: string): void {
    if (parameters === '1') for (let i = 0; i <= this.#column && i < this.#cells.length; i++) this.#cells[i] = BLANK
    else if (parameters === '2') this.#cells = []
    else this.#cells.length = Math.min(this.#cells.length, this.#column)
  }

  #put(char: string): void {
    const before = this.#cells[this.#column - 1]
    if (COMBINING.test(char) && before) {
      this.#cells[this.#column - 1] = { ...before, text: before.text + char }
      return
    }
    while (this.#cells.length < this.#column) this.#cells.push(BLANK)
    const style = this.#link === undefined ? this.#style : { ...this.#style, link: this.#link }
    this.#cells[this.#column++] = { text: char, style }
  }

  #endLine(out: StyledText[], end: string): void {
    this.#flush(out, end)
    this.#cells = []
    this.#returned = []
    if (end !== '') this.#column = 0
  }

  /** Returns what of the line was not returned yet, or all of it in place of what was. */
  #flush(out: StyledText[], end: string): void {
    const isLonger = this.#returned.every((cell, i) => isSame(cell, this.#cells[i]))
    const erase = isLonger ? 0 : lengthOf(this.#returned)
    const fresh = isLonger ? this.#cells.slice(this.#returned.length) : this.#cells
    const pieces: StyledText[] = []
    for (const cell of fresh) {
      const last = pieces.at(-1)
      if (last && isSameStyle(last, cell.style)) pieces[pieces.length - 1] = { ...last, text: last.text + cell.text }
      else pieces.push({ ...cell.style, text: cell.text })
    }
    if (end !== '') {
      const last = pieces.at(-1)
      if (last && isSameStyle(last, PLAIN)) pieces[pieces.length - 1] = { ...last, text: last.text + end }
      else pieces.push({ ...PLAIN, text: end })
    }
    if (erase > 0) {
      const [first = { ...PLAIN, text: '' }, ...others] = pieces
      out.push({ ...first, erase }, ...others)
    } else out.push(...pieces)
    this.#returned = [...this.#cells]
  }

  /** The parser keeps the colours; it is given one character to tell them by. */
  #styleAfter(parameters: string): Style {
    const [token] = this.#parser.parse(`\u001B[${parameters === '' ? '0' : parameters}mx`)
    return token ? styleOf(token) : PLAIN
  }
}

const BLANK: Cell = { text: ' ', style: PLAIN }

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

const lengthOf = (cells: readonly Cell[]): number => cells.reduce((sum, { text }) => sum + text.length, 0)
const isSame = (a: Cell, b: Cell | undefined): boolean =>
  b !== undefined && a.text === b.text && isSameStyle(a.style, b.style)
const isSameStyle = (a: Style, b: Style): boolean =>
  a === b || (a.classes === b.classes && a.color === b.color && a.background === b.background && a.link === b.link)

function styleOf({ foreground, background, decorations }: ParseToken): Style {
  const isReverse = decorations.has('reverse')
  const front = isReverse ? background : foreground
  const back = isReverse ? (foreground ?? { type: 'named', name: 'white' }) : background
  const classes: string[] = [...decorations].filter((name) => name !== 'reverse' && name !== 'hidden')
  const names = { front: colorName(front), back: colorName(back) }
  if (names.front) classes.push(`f-${names.front}`)
  if (names.back) classes.push(`b-${names.back}`)
  return {
    classes: classes.join(' '),
    ...(front && !names.front ? { color: palette.value(front) } : {}),
    ...(back && !names.back ? { background: palette.value(back) } : {}),
  }
}

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']

/** Bright colours map to the normal ones, which are chosen for our background. */
function colorName(color: Color | null): string | undefined {
  if (color === null) return undefined
  if (color.type === 'table' && color.index < 16) return NAMES[color.index % 8]
  if (color.type !== 'named') return undefined
  const name = color.name.replace('bright', '').toLowerCase()
  return NAMES.find((known) => known === name)
}
