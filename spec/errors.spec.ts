import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ErrorCode, errno, nearest, QueueError } from '../lib/errors.ts'

const test = suite('errors')

const EXIT: Record<ErrorCode, number> = {
  FAILED: 1,
  DUPLICATE_JOB: 1,
  NOT_WRITABLE: 1,
  UNSAFE_HOME: 1,
  DISK_FULL: 1,
  USAGE: 2,
  INVALID_JOB: 2,
  BAD_CONFIG: 2,
  BROKEN_CONFIG: 1,
  WRONG_STATE: 3,
  NOT_FOUND: 4,
  NO_WORKER: 5,
  PARTLY_DONE: 6,
  STILL_HELD: 6,
  STILL_RUNNING: 75,
}

for (const [code, exit] of Object.entries(EXIT) as [ErrorCode, number][])
  test(`${code} ends a command with ${exit}`, () => assert.is(new QueueError(code, 'x').exitCode, exit))

test('a refusal carries its message, its hint and its cause', () => {
  const cause = new Error('below')
  const error = new QueueError('FAILED', 'cannot', 'try again', { cause })
  assert.equal([error.message, error.hint, error.name], ['cannot', 'try again', 'QueueError'])
  assert.is(error.cause, cause)
})

test('errno is the name of a system error and of nothing else', () => {
  assert.is(errno(Object.assign(new Error('x'), { code: 'ENOENT' })), 'ENOENT')
  for (const other of [new Error('x'), Object.assign(new Error('x'), { code: 5 }), { code: 'ENOENT' }, null, 'ENOENT'])
    assert.is(errno(other), undefined)
})

const WORDS = ['max_retries', 'timeout', 'jitter', 'list', 'enqueue']
for (const [typed, word] of [
  ['max_retires', 'max_retries'],
  ['timeuot', 'timeout'],
  ['tmeout', 'timeout'],
  ['timeoutt', 'timeout'],
  ['lits', 'list'],
  ['enq', 'enqueue'],
  ['enqeue', 'enqueue'],
  ['list', 'list'],
  ['xyz', undefined],
  ['en', undefined],
  ['', undefined],
  ['jumper', undefined],
] as const)
  test(`${JSON.stringify(typed)} is ${word === undefined ? 'near to no word' : `near to ${word}`}`, () =>
    assert.is(nearest(typed, WORDS), word))

test('a known word is nearest to itself', () => {
  const words = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(words, fc.nat(), (known, at) => {
      const word = known[at % known.length] ?? ''
      assert.is(nearest(word, known), word)
    }),
  )
})

test('one letter left out, doubled or swapped with the next is forgiven in words of three letters and more', () => {
  const letters = fc.string({ unit: fc.constantFrom(...'abcdefgh'), minLength: 3, maxLength: 12 })
  fc.assert(
    fc.property(letters, fc.nat(), (word, at) => {
      const i = at % (word.length - 1)
      const swapped = `${word.slice(0, i)}${word[i + 1]}${word[i]}${word.slice(i + 2)}`
      for (const typed of [word.slice(0, i) + word.slice(i + 1), word.slice(0, i + 1) + word.slice(i), swapped])
        assert.is(nearest(typed, [word]), word)
    }),
  )
})

test.run()
