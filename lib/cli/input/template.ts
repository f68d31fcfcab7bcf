/** Makes a job of each line of input by a command template in which `{}` stands for the line, as in GNU parallel. Pure. */
import { shellQuote } from '../../job/shell-quote.ts'
import { MAX_JOB_BYTES } from '../../job/job.ts'
import type { StreamItem } from './json-stream.ts'

const NEWLINE = 10

/** The placeholders and what each becomes. */
const PARTS: Readonly<Record<string, (line: string) => string>> = {
  '{}': String,
  '{.}': withoutExtension,
  '{/}': baseName,
  '{//}': directory,
  '{/.}': (line) => withoutExtension(baseName(line)),
}

const PLACEHOLDER = /\{(?:\/\/|\/\.|\/|\.|)\}/g

/**
 * The command for a line. The line is quoted, so that the shell sees one word whatever it holds; a template without a
 * placeholder gets it at the end.
 */
export function fillTemplate(template: string, line: string): string {
  const whole = PLACEHOLDER.test(template) ? template : `${template} {}`
  PLACEHOLDER.lastIndex = 0
  return whole.replace(PLACEHOLDER, (part) => shellQuote(PARTS[part]?.(line) ?? line))
}

/** Is a placeholder in quotes? Then the quotes that are put around the line end them. */
export function isQuotedTwice(template: string): boolean {
  let quote: string | undefined
  for (let i = 0; i < template.length; i++) {
    const char = template[i]
    if (char === '\\' && quote !== "'") i++
    else if (char === quote) quote = undefined
    else if (quote === undefined && (char === "'" || char === '"')) quote = char
    else if (quote !== undefined && char === '{' && /^\{(?:\/\/|\/\.|\/|\.|)\}/.test(template.slice(i))) return true
  }
  return false
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function directory(path: string): string {
  const end = path.lastIndexOf('/')
  return end < 0 ? '.' : path.slice(0, end) || '/'
}

/** Cuts at the last dot of the name, unless the name begins with it (where parallel leaves nothing). */
function withoutExtension(path: string): string {
  const dot = path.lastIndexOf('.')
  return dot > path.lastIndexOf('/') + 1 ? path.slice(0, dot) : path
}

/** A job for each non-blank line of the stream, or with `isNull` for each name that a NUL ends. */
export async function* eachLine(
  stream: AsyncIterable<Uint8Array>,
  template: string,
  isNull = false,
): AsyncGenerator<StreamItem> {
  const end = isNull ? 0 : NEWLINE
  let rest = Buffer.alloc(0)
  let number = 0
  for await (const chunk of stream) {
    let from = 0
    for (let i = chunk.indexOf(end); i >= 0; i = chunk.indexOf(end, from)) {
      yield* lineItem(Buffer.concat([rest, chunk.subarray(from, i)]), ++number, { template, isNull })
      rest = Buffer.alloc(0)
      from = i + 1
    }
    // Keep no more than a job may hold: the line is refused anyway.
    if (rest.length <= MAX_JOB_BYTES) rest = Buffer.concat([rest, chunk.subarray(from)])
  }
  yield* lineItem(rest, number + 1, { template, isNull })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function* lineItem(
  bytes: Uint8Array,
  line: number,
  { template, isNull }: { readonly template: string; readonly isNull: boolean },
): Generator<StreamItem> {
  try {
    const text = isNull ? utf8.decode(bytes) : utf8.decode(bytes).replace(/\r$/, '')
    if (isNull ? text !== '' : text.trim() !== '') yield { line, value: { command: fillTemplate(template, text) } }
  } catch {
    yield { line, error: 'it is not UTF-8' }
  }
}
