import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  isUnreadable,
  limitOfQueue,
  limitsOfLine,
  parseRate,
  parseSettings,
  queueOfLimit,
  type QueueSettings,
  unreadableOf,
  withDefaults,
} from '../../lib/job/queue-settings.ts'

const test = suite('settings of a queue')

for (const [text, settings] of [
  ['{}', {}],
  ['{"limit":1}', { limit: 1 }],
  [
    '{"limit":1000,"timeout":0,"max_retries":0,"backoff_base":1,"max_backoff":1,"description":"x"}',
    { limit: 1000, timeout: 0, max_retries: 0, backoff_base: 1, max_backoff: 1, description: 'x' },
  ],
] as const)
  test(`${text} is obeyed`, () => {
    assert.equal(parseSettings('mail', text), settings)
  })

for (const [queue, text, why] of [
  ['mail', undefined, /cannot be read/],
  ['mail', '', /no JSON/],
  ['mail', '{"limit":2', /no JSON/],
  ['mail', '[]', /no JSON object/],
  ['mail', 'null', /no JSON object/],
  ['mail', '2', /no JSON object/],
  ['mail', '{"limit":0}', /pause it instead/],
  ['mail', '{"limit":1.5}', /limit: expected a whole number from 1 to 1000, not 1.5/],
  ['mail', '{"limit":"2"}', /not "2"/],
  ['mail', '{"limit":null}', /not null/],
  ['mail', '{"limit":1001}', /not 1001/],
  ['mail', '{"limits":2}', /no setting "limits"; there are limit, key_limit, rate/],
  ['mail', '{"constructor":2}', /no setting "constructor"/],
  ['mail', '{"__proto__":2}', /no setting "__proto__"/],
  ['mail', '{"timeout":-1}', /timeout: expected/],
  ['_all', '{"timeout":5}', /timeout is a setting of a single queue/],
] as const)
  test(`${text} of ${queue} is not obeyed`, () => {
    const settings = parseSettings(queue, text)
    assert.ok(isUnreadable(settings))
    if (isUnreadable(settings)) assert.match(settings.unreadable, why)
  })

for (const [text, rate] of [
  ['10/m', { count: 10, seconds: 60 }],
  ['5/10s', { count: 5, seconds: 10 }],
  ['1/h', { count: 1, seconds: 3600 }],
  ['3/2h30m', undefined],
  ['1000/30d', { count: 1000, seconds: 2_592_000 }],
  ['1001/m', undefined],
  ['0/m', undefined],
  ['10', undefined],
  ['10/', undefined],
  ['10/0s', undefined],
  ['10/60', undefined],
  ['10/31d', undefined],
  ['-1/m', undefined],
  ['1/500ms', undefined],
] as const)
  test(`${text} is ${rate ? `${rate.count} in ${rate.seconds} s` : 'no rate'}`, () => {
    assert.equal(parseRate(text), rate)
  })

test('a job is under the limit of its queue first, then that of all', () => {
  const settings = new Map([
    ['_all', { limit: 8 }],
    ['mail', { limit: 2 }],
    ['web', {}],
  ])
  assert.equal(limitsOfLine(settings, { queue: 'mail' }), [
    { name: 'q.mail', cap: 2 },
    { name: 'all', cap: 8 },
  ])
  assert.equal(limitsOfLine(settings, { queue: 'web' }), [{ name: 'all', cap: 8 }])
})

test('a job with a key is under the limit of the key before all others, which is 1 unless its queue or all say otherwise', () => {
  const line = { queue: 'mail', slug: 'a' }
  const first = (...settings: [string, QueueSettings][]): unknown => limitsOfLine(new Map(settings), line)[0]
  assert.equal(first(), { name: 'k.a', cap: 1 })
  assert.equal(first(['_all', { key_limit: 2, limit: 8 }]), { name: 'k.a', cap: 2 })
  assert.equal(first(['_all', { key_limit: 2 }], ['mail', { key_limit: 3, limit: 1 }]), { name: 'k.a', cap: 3 })
})

test('settings that cannot be read keep their own queue waiting, and those of all every queue', () => {
  const bad = { unreadable: 'x' }
  assert.is(unreadableOf(new Map([['mail', bad]]), 'mail'), 'mail')
  assert.is(unreadableOf(new Map([['mail', bad]]), 'web'), undefined)
  assert.is(unreadableOf(new Map([['_all', bad]]), 'web'), '_all')
})

test('a queue called all has another limit than all queues', () => {
  assert.equal([limitOfQueue('all'), limitOfQueue('_all')], ['q.all', 'all'])
  assert.equal(['q.all', 'all', 'x'].map(queueOfLimit), ['all', '_all', undefined])
})

test('defaults of a queue stand before those of all, and only in that queue', () => {
  const settings = new Map([['mail', { limit: 1, timeout: 5 }]])
  assert.equal(withDefaults({ timeout: 300, jitter: 0 }, settings, 'mail'), { timeout: 5, jitter: 0 })
  assert.equal(withDefaults({ timeout: 300 }, settings, 'web'), { timeout: 300 })
})

test.run()
