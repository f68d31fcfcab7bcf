/** The record of a plain job: read as the general parser reads it, or left to that. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aJob, aName } from '../../fixtures/job.ts'
import type { Job } from '../../lib/job/job.ts'
import { readJob } from '../../lib/job/parse.ts'
import { plainJob } from '../../lib/job/plain.ts'
import { printJob } from '../../lib/job/print.ts'

const test = suite('records of plain jobs')

const ID = '01KB0Z3X9M5T8QF2W7YHRC6DEA'
const NAME = aName({ id: ID })
const RECORD = aJob({ id: ID, cwd: '/tmp' })
const with_ = (changed: object): string => JSON.stringify({ ...RECORD, ...changed })

for (const [what, changed] of Object.entries({
  'a line for the shell': {},
  'a program and its arguments': { command: ['echo', '-n', "it's", ''] },
  'no directory': { cwd: undefined },
  variables: { env: { A: "it's\nmine", EMPTY: '' } },
  'a time limit': { timeout: 1.5 },
  'another queue in its content': { queue: 'x', priority: 'high', id: 7 },
  'another state in its content': { state: 'dead' },
}))
  test(`plain: ${what}`, () => {
    const text = with_(changed)
    assert.equal(plainJob(text, NAME), readJob(text, NAME, 'processing'))
    assert.is(printJob(plainJob(text, NAME) as Job), printJob(readJob(text, NAME, 'processing')))
  })

for (const [what, changed] of Object.entries({
  'a run before': { runs: 1 },
  'an attempt before': { attempts: 1 },
  'a history': { history: [{ run: 1, outcome: 'failed', finished_at: 'x' }] },
  'standard input': { stdin: '' },
  'a member of its own': { meta: {} },
  'an unknown member': { mine: 1 },
  'a member that is to come': { needs: ['x'] },
  'other codes of success': { success_codes: [1] },
  'a result': { finished_at: '2026-11-22T10:00:00.000Z' },
  'a script': { command: '#!/usr/bin/env python3\nprint(1)' },
  'no command': { command: ' ' },
  'no program': { command: [''] },
  'a program that looks like an option': { command: ['-c'] },
  'a variable that a shell changes': { env: { RANDOM: '1' } },
  'a variable that is no text': { env: { A: 1 } },
  'variables that are an array': { env: ['a'] },
  'a relative directory': { cwd: 'tmp' },
  'a NUL': { command: 'echo \0' },
  'half a character': { command: 'echo \ud800' },
  'attempts that are used up': { max_retries: 0 },
  'a wrong number of attempts': { max_retries: 1.5 },
  'a wrong time limit': { timeout: -1 },
  'no count of attempts': { attempts: undefined },
  'a number that is a text': { runs: '0' },
}))
  test(`not plain: ${what}`, () => assert.is(plainJob(with_(changed), NAME), undefined))

test('not plain: a text that is no record', () => {
  for (const text of ['', '{', '[]', 'null', '7', '"x"', '{}', `\uFEFF${with_({})}`])
    assert.is(plainJob(text, NAME), undefined)
})

const value = fc.oneof(
  fc.constantFrom<unknown>(
    0,
    1,
    -1,
    0.5,
    null,
    true,
    '',
    ' ',
    '/',
    '/tmp',
    'x',
    '#!x',
    [],
    ['a'],
    ['-a'],
    [''],
    {},
    { A: 'b' },
    { 'a b': 'c' },
  ),
  fc.string({ unit: 'binary' }),
  fc.jsonValue(),
)

test('what is taken for plain is read as the general parser reads it', () => {
  const members = [...Object.keys(RECORD), 'env', 'timeout', 'stdin', 'tags', 'meta', 'mine', '__proto__', 'toString']
  const edits = fc.array(fc.tuple(fc.constantFrom(...members), fc.oneof(value, fc.constant(undefined))), {
    maxLength: 2,
  })
  let plain = 0
  fc.assert(
    fc.property(edits, (changes) => {
      const text = JSON.stringify({ ...RECORD, ...Object.fromEntries(changes) })
      const job = plainJob(text, NAME)
      if (!job) return
      plain++
      assert.equal(job, readJob(text, NAME, 'processing'))
    }),
    { numRuns: 3000 },
  )
  assert.ok(plain > 300, `${plain} were plain`)
})

test.run()
