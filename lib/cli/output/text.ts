/** Formats text for people: untrusted text made harmless, times, sizes, tables. Pure. */
import { visible } from '../../job/sanitize.ts'

/** Untrusted text of many lines for a terminal: line ends, tabs and colours stay. */
export const sanitize = (text: string): string => (/^[\n\t\x20-\x7e]*$/.test(text) ? text : sanitizeParts(text))

const sanitizeParts = (text: string): string =>
  text
    .split(/(\n|\t|\x1b\[[\d;]*m)/)
    .map((part, i) => (i % 2 === 1 ? part : visible(part.replace(/\r$/, ''))))
    .join('')

/** A number of bytes in one unit: `512 B`, `64 KiB`, `1.5 GiB`. */
export function formatBytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  const power = Math.min(units.length - 1, n < 1 ? 0 : Math.floor(Math.log2(n) / 10))
  const value = n / 1024 ** power
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.floor(value)} ${units[power]}`
}

export const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/**
 * The columns that a text takes on a terminal. Less exact than `string-width`, which takes 26 ms to load, and exact
 * enough for commands and error messages.
 */
export function width(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let columns = 0
  for (const char of text) columns += hasNoWidth(char) ? 0 : isWide(char) ? 2 : 1
  return columns
}
const hasNoWidth = (char: string): boolean => /^[\p{Mn}\p{Me}\uFE0F\u200D]$/u.test(char)
const isWide = (char: string): boolean =>
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303F\uFF01-\uFF60\uFFE0-\uFFE6]$/u.test(
    char,
  )

export const padTo = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)))

/** Cuts a text to this many columns, ending in an ellipsis. */
export function clip(text: string, columns: number): string {
  if (columns === Number.POSITIVE_INFINITY || width(text) <= columns) return text
  let kept = ''
  let used = 1
  for (const char of text) {
    used += width(char)
    if (used > columns) break
    kept += char
  }
  return `${kept}…`
}

/** A text as it is where it fits, else in lines. */
export const fitted = (text: string, columns: number): string[] =>
  width(text) <= columns ? [text] : wrap(text, columns)

/** Breaks a paragraph at blanks. */
export function wrap(paragraph: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of paragraph.trim().split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
