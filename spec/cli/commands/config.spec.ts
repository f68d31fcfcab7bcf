import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld } from '../../../fixtures/world.ts'

const test = suite('queuectl config')

for (const [typed, value, key, kept] of [
  ['max-retries', '5', 'max_retries', 5],
  ['max_retries', '2', 'max_retries', 2],
  ['maxRetries', '4', 'max_retries', 4],
  ['backoff-base', '3.0', 'backoff_base', 3],
  ['backoff_base', '10', 'backoff_base', 10],
  ['exp-backoff-base', '3', 'backoff_base', 3],
  ['exp_backoff_base', '3', 'backoff_base', 3],
  ['job-timeout', '600', 'timeout', 600],
  ['poll-interval', '4', 'poll_interval', 4],
  ['worker-poll-interval', '1.0', 'poll_interval', 1],
  ['default_priority', '-3', 'default_priority', -3],
  ['foreground', 'yes', 'foreground', true],
  ['durability', 'Full', 'durability', 'full'],
] as const)
  test(
    `set ${typed} ${value} is kept`,
    inWorld(async ({ cli, queue }) => {
      const { code, stderr } = await cli(['config', 'set', typed, value])
      assert.is(code, 0, stderr)
      assert.is(queue.config()[key], kept)
    }),
  )

test(
  'set takes KEY=VALUE',
  inWorld(async ({ cli, queue }) => {
    assert.is((await cli(['config', 'set', 'max-retries=7'])).code, 0)
    assert.is(queue.config().max_retries, 7)
  }),
)

for (const [what, args, code, why] of [
  ['an unknown key', ['set', 'max-retires', '3'], 2, 'did you mean max-retries?'],
  ['a level of durability that there is not', ['set', 'durability', 'most'], 2, 'expected full, enqueue, none'],
  ['a key of other queues that have a database', ['set', 'db-path', 'x'], 2, '--home'],
  ['a value that is no number', ['set', 'max-retries', 'many'], 2, 'whole number'],
  ['a negative value', ['set', 'max-retries', '-5'], 2, 'max-retries cannot be -5'],
  ['a backoff base of zero', ['set', 'backoff-base', '0'], 2, 'backoff-base'],
  ['no value', ['set', 'max-retries'], 2, 'one value'],
  ['two values', ['set', 'max-retries', '1', '2'], 2, 'one value'],
  ['getting an unknown key', ['get', 'nope'], 4, 'known keys'],
] as const)
  test(
    `${what} is refused with ${code}, and nothing changes`,
    inWorld(async ({ cli, queue }) => {
      const ran = await cli(['config', ...args])
      assert.is(ran.code, code)
      assert.match(ran.stderr, why)
      assert.equal(queue.settings(), {})
    }),
  )

test(
  'get KEY prints the bare value',
  inWorld(async ({ cli }) => {
    assert.is((await cli(['config', 'get', 'max-retries'])).stdout, '3\n')
  }),
)

test(
  'get alone prints all of them',
  inWorld(async ({ cli }) => {
    const { stdout } = await cli(['config', 'get'])
    assert.match(stdout, /^max-retries: 3$/m)
    assert.match(stdout, /^timeout: 300$/m)
  }),
)

for (const word of ['list', 'show'])
  test(
    `${word} has a line for each key, with where its value comes from`,
    inWorld(async ({ cli }) => {
      await cli(['config', 'set', 'max-retries', '5'])
      const { stdout } = await cli(['config', word])
      assert.match(stdout, /^max-retries +5 +file /m)
      assert.match(stdout, /^backoff-base +2 +default /m)
    }),
  )

test(
  'list --json has the values',
  inWorld(async ({ cli }) => {
    const config = JSON.parse((await cli(['config', 'list', '--json'])).stdout) as Record<string, unknown>
    assert.equal([config.max_retries, config.foreground], [3, false])
  }),
)

test(
  'unset takes a key back to its default',
  inWorld(async ({ cli, queue }) => {
    await cli(['config', 'set', 'max-retries', '5'])
    assert.is((await cli(['config', 'unset', 'max-retries'])).code, 0)
    assert.is(queue.config().max_retries, 3)
  }),
)

test(
  'a new job has the configured number of attempts written in',
  inWorld(async ({ cli, queue }) => {
    await cli(['config', 'set', 'max-retries', '5'])
    await cli(['enqueue', '-c', 'x', '--id', 'a'])
    assert.is((await queue.get('a')).max_retries, 5)
  }),
)

test.run()
