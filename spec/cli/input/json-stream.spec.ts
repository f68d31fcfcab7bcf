import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type StreamItem, PAUSE, jsonItems } from '../../../lib/cli/input/json-stream.ts'

const test = suite('reading a stream of JSON')

/** All that is found in a text which comes in pieces of `size` bytes. */
async function found(text: string | Uint8Array, size = 65_536): Promise<StreamItem[]> {
  const bytes = Buffer.from(text)
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
  }
  const all: StreamItem[] = []
  for await (const one of jsonItems(pieces())) if (one !== PAUSE) all.push(one)
  return all
}

/** Line and value, or line and the word `bad`. */
const brief = async (text: string | Uint8Array): Promise<unknown[]> =>
  (await found(text)).map((one) => [one.line, 'error' in one ? 'bad' : one.value])

test('one object a line', async () => {
  assert.equal(await brief('{"a":1}\n{"a":2}\n'), [
    [1, { a: 1 }],
    [2, { a: 2 }],
  ])
})

test('the last line needs no newline', async () => {
  assert.equal(await brief('{"a":1}\n{"a":2}'), [
    [1, { a: 1 }],
    [2, { a: 2 }],
  ])
})

test('empty lines and carriage returns are passed over', async () => {
  assert.equal(await brief('\r\n{"a":1}\r\n\r\n{"a":2}\r\n'), [
    [2, { a: 1 }],
    [4, { a: 2 }],
  ])
})

test('one object over many lines', async () => {
  assert.equal(await brief('{\n  "a": 1,\n  "b": {\n    "c": [1,\n 2]\n  }\n}\n'), [[1, { a: 1, b: { c: [1, 2] } }]])
})

test('objects over many lines, one after the other', async () => {
  assert.equal(await brief('{\n  "a": 1\n}\n{\n  "a": 2\n}\n'), [
    [1, { a: 1 }],
    [4, { a: 2 }],
  ])
})

test('an array, on one line or many', async () => {
  assert.equal(await brief('[{"a":1}, {"a":2}]'), [
    [1, { a: 1 }],
    [1, { a: 2 }],
  ])
  assert.equal(await brief('[\n  {\n    "a": 1\n  },\n  {"a": 2}\n]\n'), [
    [2, { a: 1 }],
    [5, { a: 2 }],
  ])
})

test('an empty array and an empty stream hold nothing', async () => {
  assert.equal(await brief('[ ]\n'), [])
  assert.equal(await brief(''), [])
  assert.equal(await brief(' \n\n'), [])
})

test('a byte order mark is passed over', async () => {
  assert.equal(await brief('\uFEFF[{"a":1}]'), [[1, { a: 1 }]])
  assert.equal(await brief('\uFEFF{"a":1}'), [[1, { a: 1 }]])
})

test('brackets and quotes inside of strings mean nothing', async () => {
  assert.equal(await brief('{"a":"}{\\"]["}\n{"a":"\\\\"}\n'), [
    [1, { a: '}{"][' }],
    [2, { a: '\\' }],
  ])
})

test('a line that is no JSON spoils only itself', async () => {
  assert.equal(await brief('{"a":1}\nhello\n{"a":2}\n'), [
    [1, { a: 1 }],
    [2, 'bad'],
    [3, { a: 2 }],
  ])
})

test('a line cut off inside of a string spoils only itself', async () => {
  assert.equal(await brief('{"a":"x\n{"a":2}\n'), [
    [1, 'bad'],
    [2, { a: 2 }],
  ])
})

test('a line without its closing brace spoils only itself', async () => {
  assert.equal(await brief('{"a":1\n{"a":2}\n'), [
    [1, 'bad'],
    [2, { a: 2 }],
  ])
})

test('a line cut off deep inside spoils only itself', async () => {
  assert.equal(await brief('{"a":{"b":[1\n{"a":2}\n'), [
    [1, 'bad'],
    [2, { a: 2 }],
  ])
})

test('two values on one line are one bad line', async () => {
  assert.equal(await brief('{"a":1} {"a":2}\n{"a":3}\n'), [
    [1, 'bad'],
    [2, { a: 3 }],
  ])
})

test('a stream that ends in mid-line has one bad line', async () => {
  assert.equal(await found('{"a":1}\n{"a":'), [
    { line: 1, value: { a: 1 } },
    { line: 2, error: 'not JSON: it ends too early' },
  ])
})

test('an array that ends too early is reported', async () => {
  assert.equal(await brief('[{"a":1},\n'), [
    [1, { a: 1 }],
    [2, 'bad'],
  ])
})

test('bytes that are not UTF-8 spoil only their line', async () => {
  assert.equal(await brief(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n{"a":2}\n')])), [
    [1, 'bad'],
    [2, { a: 2 }],
  ])
})

test('a value larger than any job is refused without being kept', async () => {
  const [large, next] = await found(`{"a":"${'x'.repeat(3_000_000)}"}\n{"a":2}\n`)
  assert.match(large && 'error' in large ? large.error : '', 'larger than')
  assert.equal(next, { line: 2, value: { a: 2 } })
})

test('where the stream is cut into pieces makes no difference', async () => {
  const json = fc.array(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(
      json,
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom('lines', 'pretty', 'array'),
      async (all, size, form) => {
        const text =
          form === 'array'
            ? JSON.stringify(all, undefined, 2)
            : all.map((one) => JSON.stringify(one, undefined, form === 'pretty' ? 2 : 0)).join('\n')
        const got = await found(text, size)
        assert.equal(
          got.map((one) => ('value' in one ? one.value : one.error)),
          JSON.parse(JSON.stringify(all)),
        )
      },
    ),
    { numRuns: 100 },
  )
})

test.run()
