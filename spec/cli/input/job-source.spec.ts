import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseVariables, parseWords } from '../../../lib/cli/input/job-source.ts'
import { QueueError } from '../../../lib/errors.ts'

const test = suite('sources of job requests')

test('JSON in one argument is a job', () => {
  assert.equal(parseWords(['{"id":"a","command":"b c"}']), { job: { id: 'a', command: 'b c' } })
})

test('JSON that the shell has split is put together again', () => {
  assert.equal(parseWords(['{"command":', '"sleep', '2"}']), { job: { command: 'sleep 2' } })
})

test('words are a command line', () => {
  assert.equal(parseWords(['echo', 'hello']), { job: { command: 'echo hello' } })
})

test('one argument with blanks is a command line', () => {
  assert.equal(parseWords(['sleep 3; echo done']), { job: { command: 'sleep 3; echo done' } })
})

test("a shell's test is a command line and no JSON array", () => {
  assert.equal(parseWords(['[ -f x ] && echo y']), { job: { command: '[ -f x ] && echo y' } })
  assert.equal(parseWords(['[ "$x" = y ]']), { job: { command: '[ "$x" = y ]' } })
})

test('true is a command', () => {
  assert.equal(parseWords(['true']), { job: { command: 'true' } })
})

test('@FILE names a file of jobs', () => {
  assert.equal(parseWords(['@jobs.json']), { from: 'jobs.json' })
})

test('- is standard input', () => {
  assert.equal(parseWords(['-']), { from: '-' })
})

for (const [what, words, value] of [
  ['a JSON array', ['[{"command":"x"}]'], [{ command: 'x' }]],
  ['a number', ['42'], 42],
  ['null', ['null'], null],
] as const)
  test(`${what} is read as JSON, for the queue to refuse`, () => {
    assert.equal(parseWords(words), { job: value })
  })

const refusal = (words: readonly string[]): QueueError => {
  try {
    parseWords(words)
  } catch (error) {
    if (error instanceof QueueError) return error
  }
  throw new Error('was not refused')
}

test('JSON that lost its quotes is refused with what arrived', () => {
  assert.match(refusal(['{id:job1,command:sleep', '2}']).message, '{id:job1,command:sleep 2}')
})

test('JSON that ends too early is refused as that', () => {
  assert.match(refusal(['{"command":"x"']).message, 'ends too early')
})

for (const shell of ['sh, bash', 'PowerShell', 'cmd.exe', '-c', '@job.json'])
  test(`a refusal of JSON says how to quote: ${shell}`, () => {
    assert.match(refusal(['{oops']).hint ?? '', shell)
  })

test('a refusal shows no control characters', () => {
  assert.not.match(refusal(['{\u001b[2J']).message, '\u001b')
})

test('a variable has all after the first = as its value', () => {
  assert.equal(parseVariables(['A=b', 'C=d=e', 'E=']), { A: 'b', C: 'd=e', E: '' })
})

test('a variable without a value is wrong usage', () => {
  assert.throws(() => parseVariables(['A']), /NAME=VALUE/)
})

test.run()
