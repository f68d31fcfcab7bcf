import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isPauseOver, parsePause, pauseWords } from '../../lib/job/pause.ts'

const test = suite('pause of a queue')

const AT = '2026-11-26T10:00:00.000Z'

for (const [text, pause] of [
  ['', {}],
  ['\n', {}],
  ['server down\nask me\n', { reason: 'server down' }],
  [`{"reason":"r","by":"me","at":"${AT}","until":"${AT}","other":1}`, { reason: 'r', by: 'me', at: AT, until: AT }],
  ['{"reason":5,"until":"soon"}', {}],
  ['{"reason":', { reason: '{"reason":' }],
  ['{}', {}],
] as const)
  test(`a file with ${JSON.stringify(text)} is a pause`, () => {
    assert.equal(parsePause(text), pause)
  })

test('any text is a pause that does not end by itself, unless it says so', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.not(isPauseOver(parsePause(text), Number.MAX_SAFE_INTEGER))
    }),
  ))

test('a pause is over at its end', () => {
  const now = Date.parse(AT)
  assert.not(isPauseOver({ until: AT }, now - 1))
  assert.ok(isPauseOver({ until: AT }, now))
})

for (const [pause, words] of [
  [{}, ''],
  [{ reason: 'down' }, 'down'],
  [{ at: AT, reason: 'down' }, 'for 5m: down'],
  [{ at: AT, until: '2026-11-26T12:10:00.000Z' }, 'for 5m, ends in 2h'],
] as const)
  test(`people read of ${JSON.stringify(pause)}: ${words}`, () => {
    assert.is(pauseWords(pause, Date.parse(AT) + 300_000), words)
  })

test.run()
