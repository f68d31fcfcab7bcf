/** Numbers keep their value, or the job is refused: on every way in. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runAll } from '../../fixtures/jobs.ts'
import { inWeb } from '../../fixtures/web.ts'
import { inWorld } from '../../fixtures/world.ts'
import { refuseInexactNumbers } from '../../lib/job/exact-numbers.ts'

const test = suite('numbers')

const isRefused = (json: string): boolean => {
  try {
    refuseInexactNumbers(json)
    return false
  } catch {
    return true
  }
}

test('a number is kept when its value is', () => {
  const kept = [
    '0',
    '-0',
    '1.0',
    '0.10',
    '1e3',
    '1E+3',
    '1.5e-7',
    '9007199254740992',
    '9007199254740994',
    '1e21',
    '5e-324',
    '0.1',
    '12345678901234567000',
    '1.7976931348623157e308',
    '0e999',
    '100000000000000000000000000',
  ]
  for (const number of kept) assert.not(isRefused(`{"n":[${number}]}`), number)
  const changed = [
    '9007199254740993',
    '1e400',
    '-1e400',
    '1e-400',
    '3.14159265358979323846',
    '0.1000000000000000055511151231257827',
    '123456789012345678',
    `0.${'0'.repeat(400)}1`,
  ]
  for (const number of changed) assert.ok(isRefused(`{"n":${number}}`), number)
})

test('what looks like a number in a text is none', () => {
  for (const text of ['9007199254740993', '\\\\\\"9007199254740993', '01J5E3 1e400', ' : 1e400,'])
    assert.not(isRefused(JSON.stringify({ id: text, n: 1 })), text)
  assert.ok(isRefused(String.raw`{"a":"\\","n":1e400}`))
})

test('a long text costs a moment', () => {
  assert.not(isRefused(JSON.stringify({ a: '1'.repeat(1_000_000), b: '\\"'.repeat(200_000), c: '0'.repeat(500_000) })))
  assert.ok(isRefused(`[${'0'.repeat(0)}1${'0'.repeat(1_000_000)}1]`))
})

const JOB = '{"command":"true","id":"a","rowId":9007199254740993}'
const WHY = /the number 9007199254740993 would not be kept exactly/

test(
  'a job with a number that would change is refused as an argument, from a batch, on standard input and in an edit',
  inWorld(async (world) => {
    const argument = await world.cli(['enqueue', JOB])
    assert.is(argument.code, 2)
    assert.match(argument.stderr, WHY)
    const batch = await world.cli(['enqueue', '-'], { input: `${JOB}\n{"command":"true","id":"b","n":1.0}\n` })
    assert.is(batch.code, 6)
    assert.match(batch.stderr, WHY)
    assert.match((await world.cli(['enqueue'], { input: JOB })).stderr, WHY)
    for (const value of [Infinity, Number.NaN, () => {}, [undefined], new Map()]) {
      const error = await world.queue.enqueue({ command: 'true', value } as never).catch((thrown: unknown) => thrown)
      assert.is((error as { code?: string }).code, 'INVALID_JOB', typeof value)
    }
    for (const half of [
      { command: 'echo \ud800' },
      { command: ['echo', '\udc00'] },
      { command: 'true', stdin: '\ud800x' },
    ]) {
      const error = await world.queue.enqueue(half).catch((thrown: unknown) => thrown)
      assert.match((error as Error).message, /half of a character/)
    }
    assert.equal(
      (await world.queue.list()).map(({ id }) => id),
      ['b'],
    )
  }),
)

test(
  'a dropped file with such a number goes to corrupt/ as it is, whatever its name, and is not run',
  inWorld(async (world) => {
    await world.cli(['init'])
    writeFileSync(join(world.home, 'pending', 'a.json'), JOB)
    writeFileSync(join(world.home, 'pending', 'b.sh'), JOB)
    await runAll(world)
    const corrupt = readdirSync(join(world.home, 'corrupt'))
    for (const name of ['a.json', 'b.sh']) {
      const file = corrupt.find((one) => one.endsWith(`-${name}`)) ?? ''
      assert.is(readFileSync(join(world.home, 'corrupt', file), 'utf8'), JOB, name)
      assert.match(readFileSync(join(world.home, 'corrupt', `${file}.reason`), 'utf8'), WHY)
    }
    assert.not(existsSync(join(world.home, 'logs', 'a')))
  }),
)

test(
  'over HTTP it is 422',
  inWeb(async (web) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await web.ask('/api/v1/jobs', { method: 'POST', body: JOB, headers })
    assert.is(answer.status, 422)
    assert.match(answer.text, WHY)
  }),
)

test.run()
