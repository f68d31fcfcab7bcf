import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld } from '../../fixtures/world.ts'
import { SETTINGS } from '../../lib/config/schema.ts'
import { QueueError } from '../../lib/errors.ts'
import { DEFAULTS } from '../../lib/config/schema.ts'
import { CONFIG_KEYS, findKey, parseValue, shownKey } from '../../lib/config/keys.ts'
import { compileCacheDir, environment, homePath } from '../../lib/config/env.ts'

const test = suite('settings')

/** What is thrown; a value that is returned is no refusal. */
function refusal(body: () => unknown): QueueError {
  try {
    body()
  } catch (error) {
    assert.instance(error, QueueError)
    return error as QueueError
  }
  throw new Error('nothing was refused')
}

/** Runs with a variable of the environment set (or, undefined, unset). */
function withEnv<T>(name: string, value: string | undefined, body: () => T): T {
  const before = process.env[name]
  const set = (to: string | undefined): void => {
    if (to === undefined) delete process.env[name]
    else process.env[name] = to
  }
  set(value)
  try {
    return body()
  } finally {
    set(before)
  }
}

for (const [typed, key] of [
  // As the seeds spell them.
  ['max-retries', 'max_retries'],
  ['max_retries', 'max_retries'],
  ['backoff_base', 'backoff_base'],
  ['backoff-base', 'backoff_base'],
  ['exp-backoff-base', 'backoff_base'],
  ['exp_backoff_base', 'backoff_base'],
  ['job-timeout', 'timeout'],
  ['job_timeout', 'timeout'],
  ['poll-interval', 'poll_interval'],
  ['poll_interval', 'poll_interval'],
  ['worker_poll_interval', 'poll_interval'],
  ['worker-poll-interval', 'poll_interval'],
  // As people type them.
  ['maxRetries', 'max_retries'],
  ['MAX_RETRIES', 'max_retries'],
  ['expBackoffBase', 'backoff_base'],
  ['defaultPriority', 'default_priority'],
  ['priority', 'default_priority'],
  ['default-max-retries', 'max_retries'],
  ['default_timeout', 'timeout'],
  ['Timeout', 'timeout'],
  [' jitter ', 'jitter'],
] as const)
  test(`${JSON.stringify(typed)} means ${key}`, () => assert.is(findKey(typed, 'BAD_CONFIG'), key))

for (const key of CONFIG_KEYS)
  test(`${key} is known in every case and printed in kebab case`, () => {
    const camel = key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    for (const typed of [key, shownKey(key), camel, key.toUpperCase()]) assert.is(findKey(typed, 'BAD_CONFIG'), key)
    assert.not.match(shownKey(key), '_')
  })

test('every default obeys its own limits', () => {
  for (const key of CONFIG_KEYS) assert.ok(SETTINGS[key].isValid(DEFAULTS[key], { errors: [] }), key)
  assert.equal([...CONFIG_KEYS].toSorted(), Object.keys(DEFAULTS).toSorted())
})

for (const [typed, near] of [
  ['max-retires', 'max-retries'],
  ['backof-base', 'backoff-base'],
  ['timeot', 'timeout'],
  ['poll', 'poll-interval'],
  ['jiter', 'jitter'],
] as const)
  test(`the unknown key ${typed} is refused with the nearest one`, () =>
    assert.is(refusal(() => findKey(typed, 'BAD_CONFIG')).hint, `did you mean ${near}?`))

test('a key that is near to none is refused with all of them', () => {
  const { hint } = refusal(() => findKey('colour-of-the-bike-shed', 'BAD_CONFIG'))
  for (const key of CONFIG_KEYS) assert.match(hint ?? '', shownKey(key))
})

for (const typed of ['', 'constructor', '__proto__', 'toString', 'hasOwnProperty'])
  test(`${JSON.stringify(typed)} is no key`, () =>
    assert.match(refusal(() => findKey(typed, 'BAD_CONFIG')).message, /unknown configuration key/))

for (const typed of ['db-path', 'db_path', 'dbPath', 'database'])
  test(`${typed} is refused with the word that there is no database`, () => {
    const { message, hint } = refusal(() => findKey(typed, 'BAD_CONFIG'))
    assert.match(message, /no database/)
    assert.match(hint ?? '', /--home/)
  })

test('an unknown key is a wrong use when it is set and not found when it is asked for', () => {
  assert.is(refusal(() => findKey('x', 'BAD_CONFIG')).exitCode, 2)
  assert.is(refusal(() => findKey('x', 'NOT_FOUND')).exitCode, 4)
})

for (const [key, typed, value] of [
  ['max_retries', '5', 5],
  ['max_retries', '0', 0],
  ['max_retries', ' 7 ', 7],
  ['max_retries', '1e2', 100],
  ['backoff_base', '3.0', 3],
  ['backoff_base', '1.5', 1.5],
  ['timeout', '600', 600],
  ['timeout', '0.5', 0.5],
  ['poll_interval', '4', 4],
  ['poll_interval', '.5', 0.5],
  ['poll_interval', '500ms', 0.5],
  ['timeout', '5m', 300],
  ['max_backoff', '1h30m', 5400],
  ['default_priority', '-5', -5],
  ['default_priority', '+5', 5],
  ['jitter', '0.1', 0.1],
  ['foreground', 'true', true],
  ['foreground', 'Yes', true],
  ['foreground', '1', true],
  ['foreground', 'off', false],
  ['foreground', '0', false],
] as const)
  test(`${key} can be set to ${JSON.stringify(typed)}`, () => assert.is(parseValue(key, typed), value))

for (const [key, typed] of [
  ['max_retries', '-5'],
  ['max_retries', '1.5'],
  ['max_retries', 'three'],
  ['max_retries', ''],
  ['max_retries', '1001'],
  ['max_retries', '0x10'],
  ['max_retries', '5;'],
  ['max_retries', '5 6'],
  ['backoff_base', '0'],
  ['backoff_base', 'NaN'],
  ['backoff_base', 'Infinity'],
  ['backoff_base', '1e400'],
  ['timeout', '-1'],
  ['max_backoff', '0'],
  ['jitter', '2'],
  ['poll_interval', '0'],
  ['poll_interval', '61'],
  ['default_priority', '1000'],
  ['foreground', 'perhaps'],
  ['foreground', '2'],
] as const)
  test(`${key} cannot be set to ${JSON.stringify(typed)}, and the message says what was expected`, () => {
    const error = refusal(() => parseValue(key, typed))
    assert.is(error.exitCode, 2)
    assert.match(error.message, SETTINGS[key].expected)
    assert.match(error.message, shownKey(key))
  })

test(
  'a fresh home has the defaults',
  inWorld(({ queue }) => {
    assert.equal(queue.config(), DEFAULTS)
    assert.equal(queue.settings(), {})
  }),
)

test(
  'what is set is in force, and only that is in the file',
  inWorld(async ({ queue, home }) => {
    await queue.setConfig('max_retries', 5)
    assert.is(queue.config().max_retries, 5)
    assert.is(queue.config().timeout, 300)
    assert.equal(JSON.parse(readFileSync(join(home, 'config.json'), 'utf8')), { max_retries: 5 })
  }),
)

test(
  'what is unset is its default again',
  inWorld(async ({ queue }) => {
    await queue.setConfig('max_retries', 5)
    await queue.setConfig('jitter', 0.5)
    await queue.setConfig('max_retries', undefined)
    assert.is(queue.config().max_retries, 3)
    assert.equal(queue.settings(), { jitter: 0.5 })
  }),
)

test(
  'keys that are set at the same moment are all set',
  inWorld(async ({ queue }) => {
    const keys = ['max_retries', 'backoff_base', 'max_backoff', 'timeout', 'default_priority', 'poll_interval'] as const
    await Promise.all(keys.map((key) => queue.setConfig(key, 7)))
    assert.equal(queue.settings(), Object.fromEntries(keys.map((key) => [key, 7])))
  }),
)

test(
  'setting leaves no scratch and no lock behind',
  inWorld(async ({ queue, home }) => {
    await queue.setConfig('max_retries', 5)
    assert.equal(readdirSync(join(home, 'tmp')), [])
    assert.equal(
      readdirSync(home).filter((name) => name.includes('lock')),
      [],
    )
  }),
)

test(
  'a file written by hand may spell its keys as the seeds do',
  inWorld(({ queue, home }) => {
    writeFileSync(join(home, 'config.json'), '{"job_timeout": 10, "exp-backoff-base": 3, "pollInterval": 4}')
    assert.equal(queue.settings(), { timeout: 10, backoff_base: 3, poll_interval: 4 })
  }),
)

test(
  'an empty file is no setting',
  inWorld(({ queue, home }) => {
    writeFileSync(join(home, 'config.json'), '\n')
    assert.equal(queue.config(), DEFAULTS)
  }),
)

for (const [text, why] of [
  ['{', /cannot read .*config\.json/],
  ['[]', /expected one JSON object/],
  ['null', /expected one JSON object/],
  ['{"max_retries":"5"}', /cannot use .*config\.json: max-retries cannot be "5": expected a whole number/],
  ['{"max_retries":-1}', /max-retries cannot be -1/],
  ['{"max_retires":5}', /unknown configuration key "max_retires"/],
  ['{"db_path":"x"}', /no database/],
] as const)
  test(
    `a file that says ${text} is refused by name, with what is wrong in it`,
    inWorld(({ queue, home }) => {
      writeFileSync(join(home, 'config.json'), text)
      const error = refusal(() => queue.config())
      assert.is(error.code, 'BROKEN_CONFIG')
      assert.match(error.message, why)
    }),
  )

for (const [value, foreground] of [
  ['1', true],
  ['true', true],
  ['yes', true],
  ['0', false],
  ['FALSE', false],
  ['off', false],
  ['', undefined],
  [undefined, undefined],
] as const)
  test(`QUEUECTL_FOREGROUND ${value === undefined ? 'unset' : JSON.stringify(value)} means ${foreground}`, () =>
    withEnv('QUEUECTL_FOREGROUND', value, () => assert.is(environment().foreground, foreground)))

test(
  'the environment goes before the file',
  inWorld(async ({ queue }) => {
    await queue.setConfig('foreground', true)
    withEnv('QUEUECTL_FOREGROUND', '0', () => assert.is(queue.config().foreground, false))
    assert.is(queue.config().foreground, true)
  }),
)

test('a home that no shell has expanded is the user’s or is refused, and never one in the current directory', () => {
  const under = (HOME: string | undefined, home: string | undefined): string =>
    withEnv('HOME', HOME, () =>
      withEnv('QUEUECTL_HOME', home, () => {
        try {
          return homePath()
        } catch (error) {
          return (error as Error).message
        }
      }),
    )
  assert.is(under('/u', '~/q'), '/u/q')
  assert.is(under('/u', '~'), '/u')
  assert.is(under('/u', './~/q'), join(process.cwd(), '~/q'))
  for (const home of ['~other/q', '$HOME/q']) assert.match(under('/u', home), /no shell has expanded it$/)
  for (const HOME of ['', undefined]) assert.is(under(HOME, undefined), join(userInfo().homedir, '.queuectl'))
  for (const home of [undefined, '~/q'])
    assert.match(under('rel', home), /HOME is "rel", which is not an absolute path/)
  assert.is(under('rel', '/q'), '/q')
})

test('code is cached only below an absolute directory', () => {
  const at = (cache: string, HOME: string) =>
    withEnv('XDG_CACHE_HOME', cache, () => withEnv('HOME', HOME, compileCacheDir))
  assert.is(at('/c', '/u'), '/c/queuectl')
  assert.is(at('~/c', '/u'), '/u/.cache/queuectl')
  assert.is(at('', 'rel'), undefined)
})

test('the home is what was asked for, else QUEUECTL_HOME, else ~/.queuectl', () => {
  withEnv('QUEUECTL_HOME', '/from/env', () => {
    assert.is(homePath('/asked'), '/asked')
    assert.is(homePath(), '/from/env')
  })
  withEnv('QUEUECTL_HOME', undefined, () => assert.is(homePath(), join(homedir(), '.queuectl')))
  withEnv('QUEUECTL_HOME', '', () => assert.is(homePath(), join(homedir(), '.queuectl')))
})

test('a relative home is taken from the working directory', () => {
  assert.is(homePath('here'), join(process.cwd(), 'here'))
})

test.run()
