import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { clip, formatBytes, sanitize, width, wrap } from '../../../lib/cli/output/text.ts'
import { visible } from '../../../lib/job/sanitize.ts'
import { roughDuration, timeUntil } from '../../../lib/job/time-text.ts'

const test = suite('text for a terminal')

for (const [what, char, shown] of [
  ['an escape', '\x1b', '\\e'],
  ['a newline', '\n', '\\n'],
  ['a NUL', '\0', '\\0'],
  ['a bell', '\x07', '\\x07'],
  ['a C1 control', '\x9b', '\\x9b'],
  ['a right-to-left override', '\u202e', '\\u{202e}'],
  ['a zero-width space', '\u200b', '\\u{200b}'],
  ['a line separator', '\u2028', '\\u{2028}'],
  ['a lone surrogate', '\ud800', '\\u{d800}'],
] as const)
  test(`${what} is made visible`, () => {
    assert.is(visible(`a${char}b`), `a${shown}b`)
  })

test('letters of any script, accents and emoji stay', () => {
  assert.is(visible('é 日本 עברית 🎉'), 'é 日本 עברית 🎉')
})

test('of the output of a job, lines, tabs and colours pass to a terminal and nothing else', () => {
  assert.is(
    sanitize('a\tb\r\n\x1b[31mred\x1b[0m\x1b[2J\x1b]0;title\x07'),
    'a\tb\n\x1b[31mred\x1b[0m\\e[2J\\e]0;title\\x07',
  )
})

test('sizes are written in one unit', () => {
  const sizes = [0, 1023, 1024, 1_500_000, 68_719_476_736, 1.2e18]
  assert.equal(sizes.map(formatBytes), ['0 B', '1023 B', '1.0 KiB', '1.4 MiB', '64 GiB', '1065 PiB'])
})

test('ages are written in one unit', () => {
  assert.equal([0, 59_999, 60_000, 7_200_000, 90_000_000].map(roughDuration), ['0s', '59s', '1m', '2h', '1d'])
})

test('what is due in an hour is due in an hour a moment later too', () => {
  assert.is(timeUntil('2026-01-01T01:00:00Z', Date.parse('2026-01-01T00:00:00.500Z')), 'in 1h')
})

test('what is past is due', () => {
  assert.is(timeUntil('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:01Z')), 'due')
})

test('wide characters take two columns, combining ones none', () => {
  assert.equal([width('abc'), width('日本'), width('e\u0301')], [3, 4, 1])
})

test('a text is cut by columns, with an ellipsis', () => {
  assert.is(clip('日本語', 5), '日本…')
  assert.is(clip('abc', 3), 'abc')
})

test('a paragraph is broken at blanks', () => {
  assert.equal(wrap('aa bb\n  cc dd', 5), ['aa bb', 'cc dd'])
})

test.run()
