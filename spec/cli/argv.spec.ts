import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseArgv } from '../../lib/cli/argv.ts'
import { QueueError } from '../../lib/errors.ts'

const test = suite('command-line arguments')

test('the words before the first option name the command', () => {
  assert.equal(parseArgv(['worker', 'start', '--count', '3']).words, ['worker', 'start'])
})

test('an option may stand before the words', () => {
  assert.equal(parseArgv(['--json', 'list', 'pending']).words, ['list', 'pending'])
})

test('--home is understood anywhere before --', () => {
  assert.is(parseArgv(['list', '--home', '/q', '--json']).home, '/q')
  assert.is(parseArgv(['--home=/q', 'list']).home, '/q')
  assert.is(parseArgv(['enqueue', '--', 'ls', '--home', '/q']).home, undefined)
})

test('--home is not handed on', () => {
  assert.equal(parseArgv(['list', '--home', '/q', '--json']).args, ['list', '--json'])
})

test('--home without a directory is wrong usage', () => {
  assert.throws(
    () => parseArgv(['list', '--home']),
    (error: unknown) => error instanceof QueueError && error.exitCode === 2,
  )
})

test('an unknown colour mode is wrong usage', () => {
  assert.throws(
    () => parseArgv(['list', '--color', 'sometimes']),
    (error: unknown) => error instanceof QueueError && error.exitCode === 2,
  )
})

test('what follows -- is kept exactly', () => {
  assert.equal(parseArgv(['enqueue', '-p', '5', '--', 'ls', '-la', '--', 'a b']).exact, ['ls', '-la', '--', 'a b'])
})

test('a negative number is bound to the option before it', () => {
  assert.equal(parseArgv(['enqueue', '-p', '-5', 'x']).args, ['enqueue', '-p=-5', 'x'])
  assert.equal(parseArgv(['enqueue', '--priority', '-5', 'x']).args, ['enqueue', '--priority=-5', 'x'])
})

test('a negative number after a word is an argument', () => {
  const { args, numbers } = parseArgv(['config', 'set', 'max-retries', '-5'])
  assert.equal([args, numbers], [['config', 'set', 'max-retries'], ['-5']])
})

test('help is asked for by -h, --help and by the word', () => {
  for (const argv of [
    ['list', '-h'],
    ['list', '--help'],
    ['help', 'list'],
  ]) {
    const { help, words } = parseArgv(argv)
    assert.equal([help, words], [true, ['list']])
  }
})

test('help for a program after -- is not asked of us', () => {
  assert.not(parseArgv(['enqueue', '--', 'ls', '--help']).help)
})

test('--json takes true, false and lines', () => {
  const read = (word: string): unknown[] => {
    const { json, lines, args } = parseArgv(['list', `--json${word}`])
    return [json, lines, args]
  }
  assert.equal(read(''), [true, false, ['list', '--json']])
  assert.equal(read('=true'), [true, false, ['list', '--json']])
  assert.equal(read('=lines'), [true, true, ['list', '--json']])
  assert.equal(read('=false'), [false, false, ['list']])
  assert.equal(read('=perhaps'), [false, false, ['list', '--json=perhaps']])
})

test.run()
