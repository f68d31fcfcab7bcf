/**
 * Text made harmless. Commands, errors, file names and output are hostile: a control character clears the reader's screen,
 * a bidi override reverses what is read. What writes to a terminal or a log applies these, so that no caller need. Pure.
 */

const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0', '\x1b': '\\e' }

// Made where they are used: compiling one takes up to 0.5 ms, which most commands do not need.
/** Control characters, bidi and zero-width characters, line separators, lone surrogates. */
const harmful = (): RegExp =>
  /[\p{Cc}\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]|\p{Cs}/gu

/** Untrusted text on one line; characters that move the cursor or hide text are made visible. */
export const visible = (text: string): string => (isPlain(text) ? text : text.replace(harmful(), escaped))

const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

const escaped = (char: string): string => {
  const code = char.codePointAt(0) ?? 0
  return NAMED[char] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`)
}

/** The same for a text of several lines. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n')

/** A value as JSON on one line, in which harmful characters are escaped: the same value for programs. */
export const jsonText = (value: unknown): string => harmlessJson(JSON.stringify(value))

/** JSON on one line, with its harmful characters escaped. */
export const harmlessJson = (text: string): string => (isPlain(text) ? text : text.replace(harmful(), jsonEscaped))

const jsonEscaped = (char: string): string =>
  Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')
