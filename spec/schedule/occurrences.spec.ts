/** When schedules occur: across clocks that are set forward and back, in eight zones. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../fixtures/rounds.ts'
import {
  lastBetween,
  nextAfter,
  shortestDistance,
  type Timing,
  wallTime,
  whyNotPattern,
} from '../../lib/schedule/occurrences.ts'

const test = suite('occurrences')

const cron = (pattern: string, tz = 'UTC'): Timing => ({ kind: 'cron', pattern, tz, hasSeconds: false })

/** The times on the wall at which it occurs within some hours, and the minutes since the first. */
function walls(timing: Timing, from: string, hours: number): string[] {
  const begin = Date.parse(from)
  const found: string[] = []
  for (
    let at = nextAfter(timing, begin);
    at !== undefined && at <= begin + hours * 3_600_000;
    at = nextAfter(timing, at)
  )
    found.push(wallTime(timing.kind === 'cron' ? timing.tz : 'UTC', at).slice(11, 16))
  return found
}

// In Berlin, 02:00 to 03:00 is skipped on 29 March 2026, and comes twice on 25 October.
const [GAP, DOUBLED] = ['2026-03-28T23:30:00Z', '2026-10-24T22:30:00Z']
for (const [pattern, inGap, inDoubled] of [
  ['30 2 * * *', ['03:00'], ['02:30']],
  ['30 1-3 * * *', ['01:30', '03:30'], ['01:30', '02:30', '03:30']],
  ['0 */2 * * *', ['04:00'], ['02:00', '02:00', '04:00']],
  ['15 * * * *', ['01:15', '03:15', '04:15', '05:15'], ['01:15', '02:15', '02:15', '03:15', '04:15']],
] as const) {
  test(`${pattern} on the day on which an hour is skipped`, () => {
    assert.equal(walls(cron(pattern, 'Europe/Berlin'), GAP, 4), inGap)
  })
  test(`${pattern} on the day on which an hour comes twice`, () => {
    assert.equal(walls(cron(pattern, 'Europe/Berlin'), DOUBLED, 5), inDoubled)
  })
}

for (const [tz, pattern, from, wall] of [
  ['Australia/Lord_Howe', '15 2 * * *', '2026-10-03T12:00:00Z', '02:30'],
  ['America/Santiago', '30 0 * * *', '2026-09-05T12:00:00Z', '01:00'],
  ['America/New_York', '30 2 * * *', '2026-03-08T00:00:00Z', '03:00'],
] as const)
  test(`a time that is skipped in ${tz} occurs at the first one after it`, () => {
    assert.is(walls(cron(pattern, tz), from, 24)[0], wall)
  })

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Santiago',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Chatham',
  'Africa/Casablanca',
]
for (const tz of ZONES)
  test(`in ${tz} each occurrence is later than the one before, and a fixed time of the day never comes twice`, () => {
    for (const pattern of ['30 2 * * *', '30 1-3 * * *', '*/20 * * * *', '45 23 * * 1-5', '0 0 L * *']) {
      const timing = cron(pattern, tz)
      const isFixedTime = !pattern.startsWith('*')
      const seen = new Set<string>()
      let at = Date.parse('2026-01-01T00:00:00Z')
      for (let n = 0; n < rounds(150, 3000); n++) {
        const next = nextAfter(timing, at)
        if (next === undefined) break
        assert.ok(next > at)
        const wall = wallTime(tz, next)
        if (isFixedTime) assert.not.ok(seen.has(wall), `${pattern} twice at ${wall}`)
        seen.add(wall)
        at = next
      }
    }
  })

test('every so long is counted from its begin, whatever clocks do', () => {
  const timing: Timing = { kind: 'every', seconds: 600 }
  assert.equal(
    [nextAfter(timing, 0, 100_000), nextAfter(timing, 100_000, 100_000), nextAfter(timing, 1_000_000, 100_000)],
    [100_000, 700_000, 1_300_000],
  )
})

for (const timing of [
  cron('*/7 * * * *'),
  cron('30 2 * * *', 'Europe/Berlin'),
  { kind: 'every', seconds: 420 } as const,
])
  test(`the last occurrences of ${JSON.stringify(timing)} are those that stepping finds`, () => {
    const [after, until] = [Date.parse('2026-03-20T00:00:00Z'), Date.parse('2026-04-02T10:11:12Z')]
    const all: number[] = []
    for (let at = nextAfter(timing, after, after); at !== undefined && at <= until; at = nextAfter(timing, at, after))
      all.push(at)
    for (const most of [1, 2, 5, 100])
      assert.equal(lastBetween(timing, { after, until, most, from: after }), all.slice(-most))
  })

test('the last occurrence of ten years of minutes is found at once', () => {
  const begun = process.hrtime.bigint()
  const until = Date.parse('2026-03-20T00:00:30Z')
  assert.equal(lastBetween(cron('* * * * *'), { after: Date.parse('2016-01-01T00:00:00Z'), until, most: 2 }), [
    until - 90_000,
    until - 30_000,
  ])
  assert.ok(Number(process.hrtime.bigint() - begun) < 2e9)
})

for (const [pattern, distance] of [
  ['* * * * *', 60_000],
  ['0,1 * * * *', 60_000],
  ['30 2 * * *', 86_400_000],
] as const)
  test(`two occurrences of ${pattern} are at least ${distance} ms apart`, () => {
    assert.is(shortestDistance(cron(pattern), 0), distance)
  })

for (const [pattern, why] of [
  ['61 * * * *', /61/],
  ['* * * *', /4 fields, and must have 5/],
  ['0 * * * * *', /6 fields.*"seconds": true/],
  ['@reboot', /names no time/],
  ['H 2 * * *', /Jenkins/],
  ['*/90 * * * *', /step is longer/],
  ['0 */24 * * *', /step is longer/],
  ['a b c d e', /./],
  ['', /fields/],
] as const)
  test(`${JSON.stringify(pattern)} is refused`, () => {
    assert.match(whyNotPattern(pattern, false) ?? 'it is accepted', why)
  })

for (const pattern of [
  '* * * * *',
  '@daily',
  '0 0 L * *',
  '0 0 * * 5#2',
  '0 9 * JAN-MAR MON-FRI',
  '5,35 8-18/2 * * 1-5',
])
  test(`${pattern} is understood`, () => {
    assert.is(whyNotPattern(pattern, false), undefined)
  })

test.run()
