import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aName } from '../../fixtures/job.ts'
import {
  formatName,
  idFromStem,
  isIntakeName,
  isMadeId,
  type JobLine,
  type JobName,
  parseName,
  whyNotChosenId,
  whyNotId,
  whyNotQueue,
} from '../../lib/job/file-name.ts'

const test = suite('job file names')

const MADE = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
const ALNUM = [...'ABCXYZabcxyz0189']
const word = (longest: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...ALNUM),
      fc.string({ unit: fc.constantFrom(...ALNUM, '.', '_', '-'), maxLength: longest - 1 }),
    )
    .map(([first, rest]) => first + rest)
    .filter((text) => !text.endsWith('.json'))
/** Microseconds from 1970 to the year 2255, as far as a number holds each of them. */
const due = fc.maxSafeNat()
const queueName = (longest: number): fc.Arbitrary<string> =>
  fc.oneof(fc.constant('default'), word(longest)).filter((queue) => whyNotQueue(queue) === undefined)
const jobLine: fc.Arbitrary<JobLine> = fc.oneof(
  fc.record({ queue: queueName(64) }),
  fc.record({ queue: queueName(49).filter((queue) => !queue.endsWith('-')), slug: word(13) }),
)
const jobName: fc.Arbitrary<JobName> = fc
  .record({
    priority: fc.integer({ min: -999, max: 999 }),
    due,
    id: word(128).filter((id) => whyNotId(id) === undefined),
    stands: jobLine,
  })
  .map(({ stands, ...name }) => ({ ...name, ...stands }))

test('a name is rank, due time and id', () => {
  assert.is(formatName(aName()), '1000-20261122T101500.123456Z-job1.json')
})

test('a queue other than the default one stands behind an @', () => {
  assert.is(formatName(aName({ queue: 'mail' })), '1000-20261122T101500.123456Z-job1@mail.json')
})

test('what stands for a key stands behind its queue, which is named then in any case', () => {
  for (const queue of ['mail', 'default']) {
    const name = aName({ queue, slug: 'example.org' })
    assert.is(formatName(name), `1000-20261122T101500.123456Z-job1@${queue}--example.org.json`)
    assert.equal(parseName(formatName(name)), name)
  }
})

for (const [label, line] of [
  ['mail', { queue: 'mail' }],
  ['mail--a', { queue: 'mail', slug: 'a' }],
  ['mail--a--b', { queue: 'mail', slug: 'a--b' }],
  ['a-b.json', { queue: 'a-b.json' }],
  ['mail--', undefined],
  ['--a', undefined],
  ['a b', undefined],
] as const)
  test(`the label ${label} is ${JSON.stringify(line)}`, () => {
    const name = parseName(`1000-20261122T101500.123456Z-job1@${label}.json`)
    assert.equal(name, line && aName(line))
  })

for (const [priority, rank] of [
  [10, '0990'],
  [0, '1000'],
  [-10, '1010'],
  [999, '0001'],
  [-999, '1999'],
] as const)
  test(`priority ${priority} is rank ${rank}`, () => {
    assert.is(formatName(aName({ priority })).slice(0, 4), rank)
    assert.is(parseName(formatName(aName({ priority })))?.priority, priority)
  })

test('what is formatted is parsed back', () => {
  fc.assert(fc.property(jobName, (name) => assert.equal(parseName(formatName(name)), { ...name })))
})

test('a name is never longer than a file system allows', () => {
  fc.assert(fc.property(jobName, (name) => assert.ok(Buffer.byteLength(formatName(name)) <= 255)))
})

test('sorting names as text sorts by priority, highest first, then by due time', () => {
  const order = (a: JobName, b: JobName): number => b.priority - a.priority || a.due - b.due
  fc.assert(
    fc.property(jobName, jobName, (a, b) => {
      fc.pre(order(a, b) !== 0)
      assert.is(formatName(a) < formatName(b), order(a, b) < 0)
    }),
  )
})

test('names that differ in priority by one, or in due time by a microsecond, sort apart', () => {
  const names = [
    aName({ priority: 1, due: '20261231T235959.999999Z' }),
    aName({ due: '20261122T101500.000001Z' }),
    aName({ due: '20261122T101500.000002Z' }),
    aName({ priority: -1, due: '19700101T000000.000000Z' }),
  ].map(formatName)
  assert.equal(names.toSorted(), names)
})

for (const [name, why] of [
  ['job1.json', 'no rank and due time'],
  ['1000-20261122T101500.123456Z-job1', 'no .json'],
  ['1000-20261122T101500.123456Z-job1.json.tmp', 'something behind .json'],
  ['1000-20261122T101500.123456Z-job1.JSON', 'the ending in capitals'],
  ['.1000-20261122T101500.123456Z-job1.json', 'a dot in front'],
  ['100-20261122T101500.123456Z-job1.json', 'a rank of three digits'],
  ['0000-20261122T101500.123456Z-job1.json', 'a rank above priority 999'],
  ['2000-20261122T101500.123456Z-job1.json', 'a rank below priority -999'],
  ['1000-20261122T101500Z-job1.json', 'no microseconds'],
  ['1000-20261322T101500.123456Z-job1.json', 'a month that does not exist'],
  ['1000-20260230T101500.123456Z-job1.json', 'a day that does not exist'],
  ['1000-20261122T240000.000000Z-job1.json', 'an hour that does not exist'],
  ['1000-20261122T101500.123456Z-.json', 'no id'],
  ['1000-20261122T101500.123456Z-last.json', 'a reserved id'],
  ['1000-20261122T101500.123456Z-worker-1.json', 'an id that looks like a worker'],
  ['1000-20261122T101500.123456Z-a.json.json', 'an id that ends in .json'],
  ['1000-20261122T101500.123456Z-a b.json', 'a blank in the id'],
  ['1000-20261122T101500.123456Z-a\n.json', 'a newline in the id'],
  ['1000-20261122T101500.123456Z-job1@.json', 'an empty queue'],
  ['1000-20261122T101500.123456Z-job1@a@b.json', 'two queues'],
  [`1000-20261122T101500.123456Z-${'a'.repeat(129)}.json`, 'an id of 129 characters'],
  [`1000-20261122T101500.123456Z-a@${'q'.repeat(65)}.json`, 'a queue of 65 characters'],
] as const)
  test(`a file with ${why} is not named by us`, () => assert.is(parseName(name), undefined))

for (const id of ['a', '0', 'job-1', 'a.b_c-d', 'A'.repeat(128), 'Last', 'ALL', 'worker', 'x.jsonl', MADE.slice(1)])
  test(`${id.length > 40 ? `${id.length} letters` : id} can be chosen as an id`, () =>
    assert.is(whyNotChosenId(id), undefined))

for (const [id, why] of [
  ['', /1 to 128/],
  ['A'.repeat(129), /1 to 128/],
  ['x'.repeat(10_240), /1 to 128/],
  ['.hidden', /starts with a letter or digit/],
  ['-rf', /starts with a letter or digit/],
  ['_a', /starts with a letter or digit/],
  ['a/b', /letters, digits/],
  ['../a', /starts with a letter or digit/],
  ['a\nb', /letters, digits/],
  ['a\n', /letters, digits/],
  ['a b', /letters, digits/],
  ['a@b', /letters, digits/],
  ['ä', /letters, digits/],
  ['a\0', /letters, digits/],
  ['a.json', /does not end in \.json/],
  ['last', /reserved/],
  ['all', /reserved/],
  ['worker-1', /reserved/],
] as const)
  test(`${JSON.stringify(id.slice(0, 20))} (${id.length} characters) is refused as an id, with the reason`, () =>
    assert.match(whyNotId(id) ?? '', why))

test('an id of the form we make ourselves cannot be chosen', () => {
  assert.match(whyNotChosenId(MADE) ?? '', /ULID/)
  assert.match(whyNotChosenId(MADE.toLowerCase()) ?? '', /ULID/)
})

test('a made id is an id', () => {
  assert.ok(isMadeId(MADE))
  assert.is(whyNotId(MADE), undefined)
})

for (const id of [`8${MADE.slice(1)}`, `${MADE.slice(0, -1)}U`, `${MADE}0`, 'job1'])
  test(`${id} is not of the form we make`, () => assert.not(isMadeId(id)))

for (const queue of ['default', 'mail', 'a.b_c-1', 'q'.repeat(64)])
  test(`${queue.slice(0, 20)} (${queue.length} characters) names a queue`, () =>
    assert.is(whyNotQueue(queue), undefined))

for (const queue of ['', 'a b', 'a/b', 'a--b', 'a@b', '.a', 'a.json', 'q'.repeat(65)])
  test(`${JSON.stringify(queue.slice(0, 20))} (${queue.length} characters) does not name a queue`, () =>
    assert.type(whyNotQueue(queue), 'string'))

for (const name of ['job.json', 'a b.json', 'ä.json'])
  test(`${name} may be a dropped job`, () => assert.ok(isIntakeName(name)))

for (const name of ['.job.json', 'job.json~', 'job.json.swp', 'job.json.part', 'job.tmp', 'job', '.json', 'job.JSON'])
  test(`${name} is left alone`, () => assert.not(isIntakeName(name)))

for (const [file, id] of [
  ['report.json', 'report'],
  ['my report.json', 'my-report'],
  ['..hidden.json', 'hidden'],
  ['a  &  b.json', 'a-b'],
  ['-rf.json', 'rf'],
  [`${'x'.repeat(200)}.json`, 'x'.repeat(100)],
] as const)
  test(`a dropped ${file.slice(0, 20)} gets an id from its stem`, () => assert.is(idFromStem(file), id))

for (const file of ['ä.json', '---.json', 'last.json', 'worker-1.json', 'a.json.json', `${MADE}.json`])
  test(`a dropped ${file} gets no id from its stem`, () => assert.is(idFromStem(file), undefined))

test('an id from a stem can always be chosen', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (stem) => {
      const id = idFromStem(`${stem}.json`)
      assert.ok(id === undefined || whyNotChosenId(id) === undefined)
    }),
  )
})

test.run()
