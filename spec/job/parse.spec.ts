import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { QueueError } from '../../lib/errors.ts'
import { MAX_JOB_BYTES, OUR_MEMBERS } from '../../lib/job/job.ts'
import { KNOWN_MEMBERS, newJob, NotJson, parseJson, readRequest } from '../../lib/job/parse.ts'

const test = suite('parsing job requests')

/** The refusal of a value, or undefined when it is accepted. */
function refusal(value: unknown): string | undefined {
  try {
    readRequest(value)
    return undefined
  } catch (error) {
    if (!(error instanceof QueueError)) throw error
    assert.is(error.code, 'INVALID_JOB')
    return error.message
  }
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 50 ? `${text.slice(0, 50)}… (${text.length} characters)` : text
}

const ACCEPTED: Record<string, readonly unknown[]> = {
  command: ['echo hi', ' echo hi', 'a\nb', ['ls'], ['ls', '', ' '], ['ä', '\n']],
  id: ['a', 'job-1', 'a.b_c', 'x'.repeat(128), undefined],
  queue: ['default', 'mail', 'q'.repeat(64)],
  key: ['a', 'example.org', 'user 7/b'],
  run_at: ['2026-11-22T10:15:00Z', '2026-11-22 10:15', '2026-11-22', '1999-01-01T00:00:00+02:00'],
  after: [[], ['a'], [{ job: 'a', when: 'any' }]],
  when_impossible: [],
  after_delay: [],
  unique: ['a', 'report 7', 'a/b'],
  unique_while: [],
  on_conflict: [],
  cwd: ['/', '/tmp/a b', '/ä'],
  env: [{}, { A: '1' }, { 'a.b': '' }, { A: 'x=y\n' }],
  stdin: ['', 'a\nb', 'nul \0 is a byte like others'],
  tags: [[], ['a'], ['a b', 'ä', '\u{1F600}'.repeat(128)], ['x'.repeat(128)]],
  priority: [-999, -1, 0, 1, 999],
  max_retries: [0, 1, 1000],
  timeout: [0, 0.5, 300, 31_536_000],
  backoff_base: [1, 1.5, 1000],
  max_backoff: [1, 3600, 31_536_000],
  jitter: [0, 0.25, 1],
  success_codes: [[], [0], [0, 255]],
  retry_later_codes: [[], [75]],
  give_up_codes: [[], [100]],
  nice: [0, 19],
  ionice: ['idle'],
  meta: [{}, { retries: 5, deep: [null] }],
}

const REFUSED: Record<string, readonly unknown[]> = {
  command: ['', ' ', '\n', 5, null, true, {}, [], [''], ['ls', 5], [['ls']], 'a\0b', ['a', 'b\0']],
  id: ['', 'a/b', 'a\nb', 'x'.repeat(129), 'x'.repeat(10_240), 'last', 'worker-1', 'a.json', 5, null],
  queue: ['', 'a b', 'a/b', 'a--b', 'q'.repeat(65), 5, null],
  key: ['', ' a', 'ä', 'x'.repeat(81), 5, null],
  run_at: ['', 'tomorrow', '2026-02-30', '+5m', 1_700_000_000, null],
  after: ['a', {}, [5], [''], ['a', 'a'], [{ job: 'a', when: 'x' }], null],
  when_impossible: ['run', 5, null, 'wait'],
  after_delay: [-1, '5', null, 5],
  unique: ['', ' a', 'ä', 'x'.repeat(81), 5, null],
  unique_while: ['soon', 5, null, 'queued'],
  on_conflict: ['replace', 5, null, 'reject'],
  cwd: ['', '.', 'tmp', '~', '/a\0b', 5, null],
  env: [[], ['A=1'], { A: 1 }, { A: null }, { '': 'x' }, { 'A=B': 'x' }, { 'A\0': 'x' }, { A: 'x\0' }, 'A=1', null],
  stdin: [5, null, ['a']],
  tags: ['a', [''], [' '], [5], ['a\0'], ['x'.repeat(129)], { a: 1 }, null],
  priority: [-1000, 1000, 1.5, '5', Number.NaN, Number.POSITIVE_INFINITY, null, true],
  max_retries: [-1, 1001, 1.5, 1e300, '3', null],
  timeout: [-1, 31_536_001, 1e300, '300', null],
  backoff_base: [0, 0.99, 1001, '2', null],
  max_backoff: [0, -1, 31_536_001, '2', null],
  jitter: [-0.1, 1.1, '0.5', null],
  success_codes: [0, '0', [256], [-1], [1.5], ['0'], null],
  retry_later_codes: [75, [256], null],
  give_up_codes: [100, [256], null],
  nice: [-1, 20, 1.5, '5', null],
  ionice: ['', 'realtime', 3, null, ['idle']],
  meta: ['x', [], null],
}

for (const [member, values] of Object.entries(ACCEPTED))
  for (const value of values)
    test(`${member} may be ${shown(value)}`, () => {
      const request = { command: 'true', [member]: value }
      assert.is(refusal(request), undefined)
      assert.equal(readRequest(request), request)
    })

for (const [member, values] of Object.entries(REFUSED))
  for (const value of values)
    test(`${member} may not be ${shown(value)}, and the message names it`, () =>
      assert.match(refusal({ command: 'true', [member]: value }) ?? 'accepted', new RegExp(`invalid job: .*${member}`)))

test('the tables here cover every member', () => {
  assert.equal(Object.keys(ACCEPTED).toSorted(), [...KNOWN_MEMBERS].toSorted())
  assert.equal(Object.keys(REFUSED).toSorted(), [...KNOWN_MEMBERS].toSorted())
})

test('an id of the form we make ourselves is refused', () => {
  assert.match(refusal({ command: 'true', id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }) ?? '', /ULID/)
})

for (const [value, got] of [
  [null, 'null'],
  [[], 'an array'],
  [[{ command: 'true' }], 'an array'],
  [5, 'a number'],
  ['echo hi', 'a string'],
  [true, 'a boolean'],
] as const)
  test(`${shown(value)} instead of an object is refused, and the message says what it got`, () =>
    assert.is(refusal(value), `invalid job: expected one JSON object, got ${got}`))

test('a job without a command is refused with an example of one', () => {
  try {
    readRequest({ id: 'a' })
    assert.unreachable()
  } catch (error) {
    assert.instance(error, QueueError)
    assert.is((error as QueueError).message, 'invalid job: it has no command')
    assert.match((error as QueueError).hint ?? '', /\{"command":"echo hello"\}/)
  }
})

test('a message quotes the value and says what was expected', () => {
  assert.is(
    refusal({ command: 'true', run_at: 'tomorrow' }),
    'invalid job: run_at: expected an ISO 8601 date such as 2026-12-31T23:59:00Z (got "tomorrow")',
  )
})

test('a message stays short however long the value is', () => {
  assert.ok((refusal({ command: 'true', id: 'x'.repeat(100_000) }) ?? '').length < 300)
})

for (const member of OUR_MEMBERS)
  test(`${member} is dropped from what people ask for, whatever it is`, () =>
    assert.equal(readRequest({ command: 'true', [member]: ['nonsense'] }), { command: 'true' }))

for (const more of [{ after_delay: 0 }, { after_delay: 5 }, { when_impossible: 'wait' }, { when_impossible: 'cancel' }])
  test(`${shown(more)} goes with jobs to wait for`, () => {
    const request = { command: 'true', after: ['a'], ...more }
    assert.equal(readRequest(request), request)
  })

test('members we do not know are kept', () => {
  const request = { command: 'true', mine: { deep: [1, null, 'x'] }, 'with-dash': false }
  assert.equal(readRequest(request), request)
})

test('a __proto__ member pollutes nothing', () => {
  const request = readRequest(JSON.parse('{"command":"true","__proto__":{"id":"evil","x":1}}'))
  assert.equal(Object.keys(request), ['command'])
  assert.is(request.id, undefined)
  assert.is(Object.getPrototypeOf(request), Object.prototype)
})

test('meta keeps members of any name', () => {
  const text = '{"command":"true","meta":{"__proto__":false,"constructor":{"__proto__":1}}}'
  assert.is(JSON.stringify(readRequest(JSON.parse(text))), text)
})

test('a job that would not fit into its file is refused', () => {
  assert.match(refusal({ command: 'x'.repeat(MAX_JOB_BYTES) }) ?? '', /larger than 1048576 bytes/)
})

test('what is accepted fits into a job file', () => {
  const request = readRequest({ command: 'x'.repeat(MAX_JOB_BYTES - 4096 - 14) })
  const job = newJob(request, 'x'.repeat(128), { max_retries: 3, default_priority: 0 }, 'pending', 0)
  assert.ok(Buffer.byteLength(JSON.stringify(job)) < MAX_JOB_BYTES)
})

test('no value at all makes the reader fail in any other way than by refusing', () => {
  fc.assert(fc.property(fc.anything({ withNullPrototype: true }), (value) => void refusal(value)))
  const member = fc.constantFrom(...KNOWN_MEMBERS)
  fc.assert(
    fc.property(member, fc.anything(), (name, value) => void refusal({ command: 'true', [name]: value })),
    { numRuns: 500 },
  )
})

test('a new job has its defaults written in', () => {
  const job = newJob({ command: 'true' }, 'job1', { max_retries: 4, default_priority: -2 }, 'pending', 0)
  assert.equal([job.id, job.max_retries, job.priority, job.queue], ['job1', 4, -2, 'default'])
  assert.equal([job.state, job.attempts, job.runs, job.history.length], ['pending', 0, 0, 0])
  assert.is(job.created_at, '1970-01-01T00:00:00.000Z')
})

test('what the request says goes before the defaults', () => {
  const request = { command: 'true', max_retries: 0, priority: 0, queue: 'mail' }
  const job = newJob(request, 'job1', { max_retries: 4, default_priority: 9 }, 'pending', 0)
  assert.equal([job.max_retries, job.priority, job.queue], [0, 0, 'mail'])
})

test('timeout and backoff are not written in: they are decided when they are needed', () => {
  const job = newJob({ command: 'true' }, 'job1', { max_retries: 3, default_priority: 0 }, 'pending', 0)
  assert.equal(
    [job.timeout, job.backoff_base, job.max_backoff, job.jitter],
    [undefined, undefined, undefined, undefined],
  )
})

test('run_at is written in UTC', () => {
  const request = { command: 'true', run_at: '2026-11-22 10:15+02:00' }
  const job = newJob(request, 'job1', { max_retries: 3, default_priority: 0 }, 'scheduled', 0)
  assert.is(job.run_at, '2026-11-22T08:15:00.000Z')
})

/** What parseJson says of a text that is no JSON. */
function fault(text: string): NotJson {
  try {
    parseJson(text)
  } catch (error) {
    assert.instance(error, NotJson)
    return error as NotJson
  }
  throw new Error(`${text} was parsed`)
}

test('every beginning of a JSON object merely ends too early', () => {
  const values = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { maxKeys: 5 })
  fc.assert(
    fc.property(values, fc.constantFrom(undefined, 2), fc.nat(), (value, indent, at) => {
      const whole = JSON.stringify(value, undefined, indent)
      const text = whole.slice(0, at % whole.length)
      assert.ok(fault(text).endsTooEarly, text)
    }),
    { numRuns: 1000 },
  )
})

for (const text of [
  '',
  ' \n',
  '{',
  '{"command":"echo',
  '{"command":"\\u00',
  '{"command":nul',
  '{"a":-',
  '\uFEFF{"a":1',
  '{"a":1\n',
])
  test(`${JSON.stringify(text)} merely ends too early`, () => assert.ok(fault(text).endsTooEarly))

for (const text of [
  'hello',
  '}',
  '{"a":1}}',
  '{"a":1}{"a":2}',
  '{"a" 1}',
  '{a:1}',
  "{'a':1}",
  '{"a":1,}',
  '{"a":"b\nc"}',
  '{"a":nulx}',
  '{"a":01}',
  '{command:echo hi}',
  '// comment\n{}',
])
  test(`${JSON.stringify(text)} is wrong, and no further byte can mend it`, () => assert.not(fault(text).endsTooEarly))

test('a byte order mark is no fault', () => {
  assert.equal(parseJson('\uFEFF{"a":1}'), { a: 1 })
})

test.run()
