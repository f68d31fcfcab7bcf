/**
 * Output of a terminal as pieces of text with the names of their looks. Nothing in it is ever read as HTML: whoever
 * shows a piece puts its text into a text node.
 */
import { type Color, createAnsiSequenceParser, createColorPalette, type ParseToken } from 'ansi-sequence-parser'

export interface Piece {
  readonly text: string
  /** Names of classes; empty for plain text. */
  readonly looks: string
  /** Colours that have no name here: `#010203`. */
  readonly color?: string
  readonly background?: string
}

const NOT_COLOUR = /\u001B(?:\][^\u0007\u001B]*(?:\u0007|\u001B\\)|\[[0-?]*[ -/]*[@-ln-~]|[()][A-Z0-9]|[=>78cDEHMNOZ])/g
const UNFINISHED = /\u001B(?:\[[0-?]*[ -/]*|\][^\u0007\u001B]*)?$|\r$/
const OTHER_CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001A\u001C-\u001F\u007F]/g
/** Longer than any sequence of colours: what is longer is no sequence. */
const LONGEST = 256

const palette = createColorPalette()

/** Reads one stream from its beginning, in whatever portions it comes; a colour holds until it is changed. */
export class Terminal {
  readonly #parser = createAnsiSequenceParser()
  #rest = ''

  read(portion: string): Piece[] {
    let text = this.#rest + portion
    const cut = UNFINISHED.exec(text)?.[0] ?? ''
    this.#rest = cut.length < LONGEST ? cut : ''
    text = text.slice(0, text.length - cut.length)
    const plain = text
      .replaceAll(NOT_COLOUR, '')
      .replaceAll('\u001B[m', '\u001B[0m')
      .replaceAll('\r\n', '\n')
      // A line that was written over shows what was written last.
      .replaceAll(/[^\n]*\r/g, '')
      .replaceAll(OTHER_CONTROL, '')
    return this.#parser.parse(plain).flatMap((token) => piece(token))
  }
}

function piece({ value, foreground, background, decorations }: ParseToken): Piece[] {
  // What stands behind an escape that is no sequence of ours is text.
  const text = value.replaceAll('\u001B', '')
  if (text === '') return []
  const isReverse = decorations.has('reverse')
  const front = isReverse ? background : foreground
  const back = isReverse ? (foreground ?? { type: 'named', name: 'white' }) : background
  const looks = [...decorations].filter((name) => name !== 'reverse' && name !== 'hidden')
  const seen = { front: named(front), back: named(back) }
  if (seen.front) looks.push(`f-${seen.front}` as never)
  if (seen.back) looks.push(`b-${seen.back}` as never)
  return [
    {
      text,
      looks: looks.join(' '),
      ...(front && !seen.front ? { color: palette.value(front) } : {}),
      ...(back && !seen.back ? { background: palette.value(back) } : {}),
    },
  ]
}

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']

/** Bright colours look as the others do: ours are chosen for their ground already. */
function named(color: Color | null): string | undefined {
  if (color === null) return undefined
  if (color.type === 'table' && color.index < 16) return NAMES[color.index % 8]
  if (color.type !== 'named') return undefined
  const name = color.name.replace('bright', '').toLowerCase()
  return NAMES.find((known) => known === name)
}
