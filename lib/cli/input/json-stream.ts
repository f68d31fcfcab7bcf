/**
 * Reads jobs from a stream of any length: one JSON object (on one line or many), an array of them, or one per line.
 * Memory use is constant, and an invalid job affects no other.
 */
import { sleep } from '../../clock.ts'
import { MAX_JOB_BYTES } from '../../job/job.ts'
import { QueueError } from '../../errors.ts'
import { NotJson, parseJson } from '../../job/parse.ts'

/** A value of the stream and the line it begins on, or why that line holds none. */
export type StreamItem =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly error: string }

const [NEWLINE, QUOTE, BACKSLASH, COMMA, COLON] = [10, 34, 92, 44, 58]
const [OPEN, CLOSE, OPEN_ARRAY, CLOSE_ARRAY] = [123, 125, 91, 93]
const isBlank = (byte: number): boolean => byte === 32 || byte === 9 || byte === 13 || byte === NEWLINE
const isByteOrderMark = (byte: number): boolean => byte === 0xef || byte === 0xbb || byte === 0xbf

/** No data has arrived for a while. */
export const PAUSE = Symbol('pause')
const PAUSE_AFTER_MS = 200

/** The values in the stream, and its pauses: jobs typed, or piped from a growing log, are enqueued before the stream ends. */
export async function* jsonItems(stream: AsyncIterable<Uint8Array>): AsyncGenerator<StreamItem | typeof PAUSE> {
  const splitter = new Splitter()
  const chunks = stream[Symbol.asyncIterator]()
  for (;;) {
    const next = chunks.next()
    if (!(await settlesWithin(PAUSE_AFTER_MS, next))) yield PAUSE
    const { done, value } = await next
    if (done) break
    yield* splitter.feed(value)
  }
  yield* splitter.end()
}

async function settlesWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController()
  let isSettled = false
  const settled = (): void => {
    isSettled = true
    timer.abort()
  }
  promise.then(settled, settled)
  await sleep(ms, timer.signal)
  return isSettled
}

/**
 * Finds where values end, without parsing them, by brackets and quotes, which are single bytes in UTF-8. A value ends
 * with its line or, in an array, at a comma; an object may span lines, a string may not.
 */
class Splitter {
  #line = 1
  #depth = 0
  #isInString = false
  #isEscaped = false
  /** Undefined until the first byte that is not blank. */
  #isArray: boolean | undefined
  #isArrayOver = false
  /** The last non-blank byte, and whether it is on this line. */
  #before = 0
  #isLineBegun = false
  #isLineEmpty = true
  #parts: Uint8Array[] = []
  #size = 0
  #startLine = 0
  #found: StreamItem[] = []

  feed(chunk: Uint8Array): StreamItem[] {
    this.#found = []
    let from = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0
      if (this.#isInString && byte !== NEWLINE) {
        this.#inString(byte)
        continue
      }
      if (this.#isArray === undefined && !isBlank(byte) && !isByteOrderMark(byte)) {
        this.#isArray = byte === OPEN_ARRAY
        if (this.#isArray) {
          from = i + 1
          this.#isLineBegun = true
          continue
        }
      }
      const restarts = byte === OPEN && this.#isCutOff()
      const ends =
        (byte === NEWLINE && (this.#isInString || (this.#depth === 0 && !this.#isArray))) ||
        (this.#isArray && this.#depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY)) ||
        restarts
      if (ends) {
        this.#keep(chunk.subarray(from, i))
        this.#emit()
        from = restarts ? i : i + 1
        if (this.#isArray && byte === CLOSE_ARRAY) this.#isArrayOver = true
      }
      if (byte === OPEN || byte === OPEN_ARRAY) this.#depth++
      else if ((byte === CLOSE || byte === CLOSE_ARRAY) && this.#depth > 0) this.#depth--
      else if (byte === QUOTE) this.#isInString = true
      if (byte === NEWLINE) {
        this.#line++
        this.#isLineBegun = false
      } else if (!isBlank(byte)) {
        if (this.#startLine === 0 && !ends) this.#startLine = this.#line
        if (restarts) this.#startLine = this.#line
        this.#before = byte
        this.#isLineBegun = true
      }
      this.#isLineEmpty = byte === NEWLINE
    }
    this.#keep(chunk.subarray(from))
    return this.#found
  }

  /**
   * The value before this `{` was cut off. Inside an object a `{` can only follow a member's name, and an object that
   * spans lines is indented.
   */
  #isCutOff(): boolean {
    const isIndented = !this.#isLineEmpty
    return !this.#isLineBegun && this.#before !== COLON && this.#depth >= 1 && (this.#depth === 1 || !isIndented)
  }

  end(): StreamItem[] {
    this.#found = []
    this.#emit()
    if (this.#isArray && !this.#isArrayOver && this.#found.length === 0)
      this.#found.push({ line: this.#line, error: 'the array ends too early' })
    return this.#found
  }

  #inString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === BACKSLASH) this.#isEscaped = true
    else if (byte === QUOTE) this.#isInString = false
    this.#before = byte
  }

  #keep(part: Uint8Array): void {
    this.#size += part.length
    if (this.#size <= MAX_JOB_BYTES) this.#parts.push(Buffer.from(part))
    else this.#parts = []
  }

  #emit(): void {
    const line = this.#startLine || this.#line
    const read =
      this.#size > MAX_JOB_BYTES ? { error: `it is larger than ${MAX_JOB_BYTES} bytes` } : parseValue(this.#parts)
    if (read) this.#found.push({ line, ...read })
    this.#parts = []
    this.#size = 0
    this.#startLine = 0
    this.#depth = 0
    this.#isInString = false
    this.#isEscaped = false
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @returns undefined for blanks only */
function parseValue(
  parts: readonly Uint8Array[],
): { readonly value: unknown } | { readonly error: string } | undefined {
  let text: string
  try {
    text = utf8.decode(Buffer.concat(parts))
  } catch {
    return { error: 'it is not UTF-8' }
  }
  if (text.trim() === '') return undefined
  try {
    return { value: parseJson(text) }
  } catch (error) {
    if (error instanceof QueueError) return { error: error.message.replace(/^invalid job: /, '') }
    if (!(error instanceof NotJson)) throw error
    return { error: error.endsTooEarly ? 'not JSON: it ends too early' : `not JSON: ${error.message}` }
  }
}
