import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatDue, isoTime, parseDue, parseDuration, parseInstant, parseWhen, utcDay } from '../../lib/job/time.ts'

const test = suite('times and durations')

const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
/** From 1970 to the year 2255, as far as a number holds each microsecond. */
const micros = fc.maxSafeNat()

for (const [text, seconds] of [
  ['0', 0],
  ['90', 90],
  ['1.5', 1.5],
  ['90s', 90],
  ['500ms', 0.5],
  ['1h30m', 5400],
  ['2d', 172_800],
  ['1w', 604_800],
  ['1m30s', 90],
  ['0.5h', 1800],
] as const)
  test(`${text} is ${seconds} seconds`, () => assert.is(parseDuration(text), seconds))

for (const text of [
  '',
  ' ',
  '-5',
  '-5m',
  '+5m',
  '1h 30',
  '1h 30m',
  '5x',
  'm',
  '1e3',
  '5 m',
  '1.',
  '.5',
  'NaN',
  '1M',
  '99999999d',
  '1e3d',
  '31000000000',
  '5000w9999999w',
])
  test(`${JSON.stringify(text)} is no duration`, () => assert.is(parseDuration(text), undefined))

for (const [text, iso] of [
  ['2026-11-22T10:15:00Z', '2026-11-22T10:15:00.000Z'],
  ['2026-11-22T10:15Z', '2026-11-22T10:15:00.000Z'],
  ['2026-11-22 10:15:00z', '2026-11-22T10:15:00.000Z'],
  ['2026-11-22t10:15:00 Z', '2026-11-22T10:15:00.000Z'],
  ['  2026-11-22T10:15:00Z\n', '2026-11-22T10:15:00.000Z'],
  ['2026-11-22T10:15:00.5Z', '2026-11-22T10:15:00.500Z'],
  ['2026-11-22T10:15:00,123456789Z', '2026-11-22T10:15:00.123Z'],
  ['2026-11-22T10:15:00+01:00', '2026-11-22T09:15:00.000Z'],
  ['2026-11-22T10:15:00+0530', '2026-11-22T04:45:00.000Z'],
  ['2026-11-22T10:15:00-08:00', '2026-11-22T18:15:00.000Z'],
  ['2026-11-22T10:15:00-00:30', '2026-11-22T10:45:00.000Z'],
  ['2026-11-22T10:15:00+14:00', '2026-11-21T20:15:00.000Z'],
  ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
] as const)
  test(`${JSON.stringify(text)} is the instant ${iso}`, () => assert.is(isoTime(parseInstant(text) ?? Number.NaN), iso))

test('a date-time without a zone is local time', () => {
  assert.is(parseInstant('2026-11-22T10:15:30'), new Date(2026, 10, 22, 10, 15, 30).getTime())
})

test('a date alone is its local midnight', () => {
  assert.is(parseInstant('2026-11-22'), new Date(2026, 10, 22).getTime())
})

for (const text of [
  '',
  'tomorrow',
  'now',
  '1700000000',
  '22/11/2026',
  '2026-11-22T10',
  '2026-1-2',
  '2026-13-01T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-11-22T24:00:00Z',
  '2026-11-22T10:60:00Z',
  '2026-11-22T10:15:60Z',
  '2026-11-22T10:15:00+15:00',
  '2026-11-22T10:15:00+05:99',
  '2026-11-22T10:15:00 Europe/Berlin',
  '2026-11-22T10:15:00CET',
  '2026-11-22Z',
  '+002026-11-22T10:15:00Z',
])
  test(`${JSON.stringify(text)} is no instant`, () => assert.is(parseInstant(text), undefined))

test('what isoTime writes is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1000, 0), max: LATEST }), (ms) => assert.is(parseInstant(isoTime(ms)), ms)),
  )
})

test('an instant is the same however its zone is written', () => {
  const offset = fc.integer({ min: -14 * 60, max: 14 * 60 })
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1970, 0, 2), max: LATEST - 86_400_000 }), offset, (ms, minutes) => {
      const two = (n: number): string => String(n).padStart(2, '0')
      const away = Math.abs(minutes)
      const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(away / 60))}:${two(away % 60)}`
      assert.is(parseInstant(isoTime(ms + minutes * 60_000).replace('Z', zone)), ms)
    }),
  )
})

test('a due time is UTC with microseconds', () => {
  assert.is(formatDue(Date.UTC(2026, 10, 22, 10, 15, 0, 123) * 1000 + 456), '20261122T101500.123456Z')
})

test('a due time that is formatted is parsed back', () => {
  fc.assert(fc.property(micros, (due) => assert.is(parseDue(formatDue(due)), due)))
})

test('after the year 2255 a due time is right to the millisecond, and can be parsed', () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(2256, 0), max: LATEST }), (ms) => {
      const due = parseDue(formatDue(ms * 1000))
      assert.ok(due !== undefined && Math.abs(due - ms * 1000) < 1000)
    }),
  )
})

test('due times sort as text as they do in time', () => {
  fc.assert(
    fc.property(micros, micros, (a, b) => {
      assert.is(formatDue(a) < formatDue(b), a < b)
    }),
  )
})

for (const text of [
  '',
  '20261122T101500Z',
  '20261122T101500.123Z',
  '20261122101500.123456Z',
  '20261122T101500.123456',
  '20261322T101500.123456Z',
  '20260230T101500.123456Z',
  '20261122T240000.000000Z',
  '20261122T106000.000000Z',
  ' 20261122T101500.123456Z',
])
  test(`${JSON.stringify(text)} is no due time`, () => assert.is(parseDue(text), undefined))

test('the day of an instant is the UTC one', () => {
  assert.is(utcDay(Date.UTC(2026, 10, 22, 23, 59, 59, 999)), '2026-11-22')
  assert.is(utcDay(Date.UTC(2026, 10, 23)), '2026-11-23')
})

const AT = new Date(2026, 10, 22, 10, 15).getTime()
for (const [text, at] of [
  ['now', AT],
  ['+5s', AT + 5000],
  ['+ 1h30m', AT + 5_400_000],
  ['in 2h', AT + 7_200_000],
  ['in 1h 30m', AT + 5_400_000],
  ['23:30', new Date(2026, 10, 22, 23, 30).getTime()],
  ['9:00', new Date(2026, 10, 23, 9).getTime()],
  ['today 9:00', new Date(2026, 10, 22, 9).getTime()],
  ['tomorrow 9:00', new Date(2026, 10, 23, 9).getTime()],
  ['Tomorrow at 09:00:30', new Date(2026, 10, 23, 9, 0, 30).getTime()],
  ['2026-12-31', new Date(2026, 11, 31).getTime()],
] as const)
  test(`${text} is a time that people mean`, () => assert.is(parseWhen(text, AT), at))

for (const text of ['', 'soon', 'tomorrow', '5m', '25:00', '9:60', '+', 'in', 'in 5x', 'in 1000000w', 'yesterday 9:00'])
  test(`${JSON.stringify(text)} is no time that people mean`, () => assert.is(parseWhen(text, AT), undefined))

test.run()
