/**
 * A job for each line of a list: a command in which `{}` stands for the line, as in GNU parallel. Pure.
 */
import { shellQuote } from '../../job/shell-quote.ts'
import { MAX_JOB_BYTES } from '../../job/job.ts'
import type { Found } from './json-stream.ts'

const NEWLINE = 10

/** What may stand for a line, and what it stands for. */
const PARTS: Readonly<Record<string, (line: string) => string>> = {
  '{}': String,
  '{.}': withoutExtension,
  '{/}': baseName,
  '{//}': directory,
  '{/.}': (line) => withoutExtension(baseName(line)),
}

const PLACE = /\{(?:\/\/|\/\.|\/|\.|)\}/g

/**
 * The command for a line. What the line says is quoted for the shell, so that it is one word whatever it holds; a
 * template without a place for it gets it at the end.
 */
export function fill(template: string, line: string): string {
  const whole = PLACE.test(template) ? template : `${template} {}`
  PLACE.lastIndex = 0
  return whole.replace(PLACE, (place) => shellQuote(PARTS[place]?.(line) ?? line))
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function directory(path: string): string {
  const end = path.lastIndexOf('/')
  return end < 0 ? '.' : path.slice(0, end) || '/'
}

/** The last dot of the name counts, unless the name begins with it (there parallel leaves nothing). */
function withoutExtension(path: string): string {
  const dot = path.lastIndexOf('.')
  return dot > path.lastIndexOf('/') + 1 ? path.slice(0, dot) : path
}

/** A request for each line of the stream that is not blank. */
export async function* eachLine(stream: AsyncIterable<Uint8Array>, template: string): AsyncGenerator<Found> {
  let rest = Buffer.alloc(0)
  let number = 0
  for await (const chunk of stream) {
    let from = 0
    for (let i = chunk.indexOf(NEWLINE); i >= 0; i = chunk.indexOf(NEWLINE, from)) {
      yield* request(Buffer.concat([rest, chunk.subarray(from, i)]), ++number, template)
      rest = Buffer.alloc(0)
      from = i + 1
    }
    // What is too long for a job is refused as one, and not kept.
    if (rest.length <= MAX_JOB_BYTES) rest = Buffer.concat([rest, chunk.subarray(from)])
  }
  yield* request(rest, number + 1, template)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function* request(bytes: Uint8Array, line: number, template: string): Generator<Found> {
  try {
    const text = utf8.decode(bytes).replace(/\r$/, '')
    if (text.trim() !== '') yield { line, value: { command: fill(template, text) } }
  } catch {
    yield { line, error: 'it is not UTF-8' }
  }
}
