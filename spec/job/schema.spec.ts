/** The published JSON Schema against the reader that decides: what the one accepts, the other accepts. */
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../fixtures/rounds.ts'
import { ROOT } from '../../fixtures/program.ts'
import { QueueError } from '../../lib/errors.ts'
import { MAX_JOB_BYTES, OUR_MEMBERS } from '../../lib/job/job.ts'
import { KNOWN_MEMBERS, readRequest } from '../../lib/job/parse.ts'

const test = suite('JSON schema of a job')

const schema = JSON.parse(readFileSync(`${ROOT}lib/job/job.schema.json`, 'utf8'))
const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictTuples: false })
const obeysSchema = ajv.compile(schema)

function isAccepted(value: unknown): boolean {
  try {
    readRequest(value)
    return true
  } catch (error) {
    if (error instanceof QueueError) return false
    throw error
  }
}

/** Both must say the same of a value that came as JSON. */
function agree(value: unknown): void {
  const json: unknown = JSON.parse(JSON.stringify(value))
  const bySchema = obeysSchema(json)
  const why = ajv.errorsText(obeysSchema.errors)
  assert.is(bySchema, isAccepted(json), `${JSON.stringify(json)}: schema says ${bySchema} (${why})`)
}

const oddName = fc.constantFrom('__proto__', 'constructor', 'toString')
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', ' ', '\t\n', '\0', 'a\0b', '\uFEFF'),
)
/** Mostly right, now and then wrong, so that a whole of many parts is as often right as wrong. */
const mostly = <T>(right: fc.Arbitrary<T>, wrong: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 15, arbitrary: right }, { weight: 1, arbitrary: wrong })
const two = (low: number, high: number): fc.Arbitrary<string> =>
  fc.integer({ min: low, max: high }).map((n) => String(n).padStart(2, '0'))

const date = fc.oneof(
  fc
    .tuple(mostly(two(19, 21), two(0, 99)), two(0, 99), mostly(two(1, 12), two(0, 13)), mostly(two(1, 28), two(0, 32)))
    .map(([century, year, month, day]) => `${century}${year}-${month}-${day}`),
  // The days that some months and years have and others have not.
  fc
    .tuple(two(0, 99), fc.constantFrom('00', '04', '10', '99'), two(1, 12), two(28, 31))
    .map(([century, year, month, day]) => `${century}${year}-${month}-${day}`),
  fc.tuple(two(0, 99), two(0, 99)).map(([century, year]) => `${century}${year}-02-29`),
)
const zone = mostly(
  fc.oneof(
    fc.constantFrom('', 'Z', 'z', '+14:00', '-1400'),
    fc
      .tuple(fc.constantFrom('+', '-'), two(0, 13), fc.constantFrom(':', ''), two(0, 59))
      .map((parts) => parts.join('')),
  ),
  fc.oneof(fc.constantFrom('CET', '+14:01', '-14:59', '+15:00', '+1', '+01:60', '+0199'), fc.string()),
)
const time = fc
  .tuple(
    mostly(fc.constantFrom('T', 't', ' '), fc.constantFrom('x', '', '  ')),
    mostly(two(0, 23), two(24, 25)),
    mostly(two(0, 59), two(60, 61)).map((minute) => `:${minute}`),
    fc.oneof(
      fc.constant(''),
      fc
        .tuple(
          mostly(two(0, 59), two(60, 61)).map((second) => `:${second}`),
          mostly(fc.constantFrom('', '.5', ',123456789'), fc.constantFrom('.', '.1234567890', ';5')),
        )
        .map((parts) => parts.join('')),
    ),
    mostly(fc.constantFrom('', ' '), fc.constantFrom('  ', '\u2028')),
    zone,
  )
  .map((parts) => parts.join(''))
const instant = fc
  .tuple(fc.constantFrom('', ' ', '\n'), date, fc.oneof(fc.constant(''), time), fc.constantFrom('', ' ', '\uFEFF'))
  .map((parts) => parts.join(''))

const ALPHABET = [...'azAZ09._-']
/** Texts of the alphabet, about as long as the longest that is allowed. */
const nearly = (longest: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: longest - 1, maxLength: longest + 1 })
const word = fc.string({ unit: mostly(fc.constantFrom(...ALPHABET), fc.constantFrom(...'@/ ä\n')), maxLength: 20 })
const madeId = fc
  .tuple(
    fc.constantFrom(...'0178'),
    fc.string({ unit: fc.constantFrom(...'0179AHJKMNPTVZahjkmnptvz'), minLength: 24, maxLength: 26 }),
    fc.constantFrom('', '', 'u', 'i'),
  )
  .map((parts) => parts.join(''))
const id = fc.oneof(
  word,
  nearly(128),
  madeId,
  fc.constantFrom('last', 'all', 'worker-1', 'worker', 'a.json', 'Last', 'a\n'),
  anyText,
)
const number = (low: number, high: number): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.integer({ min: low - 2, max: high + 2 }),
    fc.double({ min: low - 1, max: high + 1, noNaN: true }),
    fc.constantFrom<unknown>(low, high, low - 0.5, high + 0.5, '1', null, true, 1e300),
  )
const codes = fc.oneof(fc.array(number(0, 255), { maxLength: 3 }), fc.constantFrom<unknown>(null, 0, {}, '0'))

const member: Record<string, fc.Arbitrary<unknown>> = {
  command: fc.oneof(anyText, fc.array(anyText, { maxLength: 3 }), fc.constantFrom<unknown>(null, 5, {}, [5], ['a', 5])),
  id,
  queue: fc.oneof(word, nearly(64), fc.constantFrom('a.json', 'last', 'worker-1'), anyText),
  run_at: fc.oneof(instant, anyText, fc.constantFrom<unknown>(null, 5)),
  cwd: fc.oneof(
    anyText,
    anyText.map((text) => `/${text}`),
    fc.constantFrom<unknown>(null, 5),
  ),
  env: fc.oneof(
    fc.dictionary(fc.oneof(anyText, oddName), anyText),
    fc.constantFrom<unknown>(null, [], ['a'], { A: 1 }, { 'A=B': '' }),
  ),
  stdin: fc.oneof(anyText, fc.constantFrom<unknown>(null, 5)),
  tags: fc.oneof(
    fc.array(fc.oneof(anyText, fc.string({ unit: 'grapheme', minLength: 120, maxLength: 135 })), { maxLength: 3 }),
    fc.constantFrom<unknown>(null, 'a', {}, [5]),
  ),
  after: fc.oneof(
    fc.uniqueArray(
      fc.oneof(
        fc.constantFrom('a', 'b.1', 'x.json', 'last', 'worker-1', ''),
        fc.record({
          job: fc.constantFrom<unknown>('c', 'd', '-e', 5),
          when: fc.constantFrom('success', 'any', 'fail', 'x'),
        }),
        fc.constantFrom<unknown>(null, { job: 'f' }, {}, { job: 'g', other: 1 }),
      ),
      { maxLength: 4, selector: (one) => JSON.stringify((one as { job?: unknown } | null)?.job ?? one) },
    ),
    fc.constantFrom<unknown>(null, 'a', {}, [[]]),
  ),
  when_impossible: fc.constantFrom<unknown>('cancel', 'wait', 'run', null),
  key: fc.oneof(word, nearly(80), anyText, fc.constantFrom<unknown>(null, 5, ' a', 'a b', '')),
  unique: fc.oneof(word, nearly(80), anyText, fc.constantFrom<unknown>(null, 5, ' a', 'a ', 'a b', '')),
  unique_while: fc.constantFrom<unknown>(
    'queued',
    'active',
    'success:1h30m',
    'success:9.5',
    'success:',
    'success:x',
    'x',
    null,
  ),
  on_conflict: fc.constantFrom<unknown>('ignore', 'reject', 'replace', null),
  after_delay: number(0, 31_536_000),
  priority: number(-999, 999),
  max_retries: number(0, 1000),
  timeout: number(0, 31_536_000),
  backoff_base: number(1, 1000),
  max_backoff: number(1, 31_536_000),
  jitter: number(0, 1),
  success_codes: codes,
  retry_later_codes: codes,
  give_up_codes: codes,
  nice: number(0, 19),
  ionice: fc.oneof(fc.constant('idle'), anyText, fc.constantFrom<unknown>(null, 3, ['idle'])),
  meta: fc.oneof(fc.dictionary(fc.oneof(anyText, oddName), fc.jsonValue()), fc.constantFrom<unknown>(null, [], 'a', 5)),
}

test('the schema describes the members that the reader knows, and no others', () => {
  assert.equal(Object.keys(schema.properties).toSorted(), [...KNOWN_MEMBERS].toSorted())
  assert.equal(Object.keys(member).toSorted(), [...KNOWN_MEMBERS].toSorted())
})

test('every member has a description', () => {
  for (const [name, one] of Object.entries<{ description?: string }>(schema.properties))
    assert.ok((one.description ?? '').length > 10, name)
})

for (const [name, value] of Object.entries(member))
  test(`schema and reader agree on every ${name}`, () =>
    fc.assert(
      fc.property(value, (one) => agree(name === 'command' ? { command: one } : { command: 'true', [name]: one })),
      { numRuns: rounds(500, 2000) },
    ))

test('schema and reader agree on whole jobs', () =>
  fc.assert(
    fc.property(fc.record(member, { requiredKeys: [] }), (job) => agree(job)),
    { numRuns: rounds(300, 1000) },
  ))

test('schema and reader agree on values of any kind', () =>
  fc.assert(
    fc.property(fc.jsonValue(), (value) => agree(value)),
    { numRuns: rounds(300, 1000) },
  ))

test('unknown members are allowed by both', () =>
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (others) => agree({ ...others, command: 'true' }))))

test('members that only we write are ignored by both, whatever they are', () => {
  for (const name of OUR_MEMBERS) agree({ command: 'true', [name]: [{ nonsense: true }] })
})

test('what the schema gives as an example is accepted', () => {
  for (const [name, { examples = [] }] of Object.entries<{ examples?: unknown[] }>(schema.properties))
    for (const example of examples)
      assert.ok(isAccepted({ command: 'true', [name]: example }), `${name}: ${JSON.stringify(example)}`)
})

test('the size the schema names is the size the reader takes', () => {
  const named = Number(/at most (\d+) bytes/.exec(schema.description)?.[1])
  assert.is(named, MAX_JOB_BYTES - 4096)
  const filled = (bytes: number): unknown => ({ command: 'x'.repeat(bytes - '{"command":""}'.length) })
  assert.ok(isAccepted(filled(named)))
  assert.not(isAccepted(filled(named + 1)))
})

test.run()
