/**
 * Splits terminal output into styled pieces of text. The output is untrusted: it is never parsed as HTML, and each piece
 * must be shown as a text node.
 */
import { type Color, createAnsiSequenceParser, createColorPalette, type ParseToken } from 'ansi-sequence-parser'

export interface StyledText {
  readonly text: string
  /** Class names; empty for plain text. */
  readonly classes: string
  /** Colours without a class: `#010203`. */
  readonly color?: string
  readonly background?: string
}

const NOT_COLOUR = /\u001B(?:\][^\u0007\u001B]*(?:\u0007|\u001B\\)|\[[0-?]*[ -/]*[@-ln-~]|[()][A-Z0-9]|[=>78cDEHMNOZ])/g
const UNFINISHED = /\u001B(?:\[[0-?]*[ -/]*|\][^\u0007\u001B]*)?$|\r$/
const OTHER_CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001A\u001C-\u001F\u007F]/g
/** Longer than any colour sequence: longer text is not a sequence. */
const MAX_SEQUENCE = 256

const palette = createColorPalette()

/** Reads one stream from its beginning, in chunks of any size; colours carry over to the next chunk. */
export class AnsiReader {
  readonly #parser = createAnsiSequenceParser()
  #rest = ''

  read(chunk: string): StyledText[] {
    let text = this.#rest + chunk
    const unfinished = UNFINISHED.exec(text)?.[0] ?? ''
    this.#rest = unfinished.length < MAX_SEQUENCE ? unfinished : ''
    text = text.slice(0, text.length - unfinished.length)
    const plain = text
      .replaceAll(NOT_COLOUR, '')
      .replaceAll('\u001B[m', '\u001B[0m')
      .replaceAll('\r\n', '\n')
      // After a carriage return only the last version of a line is shown.
      .replaceAll(/[^\n]*\r/g, '')
      .replaceAll(OTHER_CONTROL, '')
    return this.#parser.parse(plain).flatMap((token) => styledText(token))
  }
}

function styledText({ value, foreground, background, decorations }: ParseToken): StyledText[] {
  // An escape that starts no known sequence is dropped; the rest is text.
  const text = value.replaceAll('\u001B', '')
  if (text === '') return []
  const isReverse = decorations.has('reverse')
  const front = isReverse ? background : foreground
  const back = isReverse ? (foreground ?? { type: 'named', name: 'white' }) : background
  const classes = [...decorations].filter((name) => name !== 'reverse' && name !== 'hidden')
  const names = { front: colorName(front), back: colorName(back) }
  if (names.front) classes.push(`f-${names.front}` as never)
  if (names.back) classes.push(`b-${names.back}` as never)
  return [
    {
      text,
      classes: classes.join(' '),
      ...(front && !names.front ? { color: palette.value(front) } : {}),
      ...(back && !names.back ? { background: palette.value(back) } : {}),
    },
  ]
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
