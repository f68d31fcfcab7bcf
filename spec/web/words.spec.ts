/** The pure parts of the pages: numbers, times, filters, command lines. */
import { commandLine } from '../../lib/job/job.ts'
import { execFileSync } from 'node:child_process'
import { suite } from 'uvu'
import { others } from '../../fixtures/job.ts'
import * as assert from 'uvu/assert'
import { inWorld } from '../../fixtures/world.ts'
import { actionLine, enqueueLine, requestOf } from '../../lib/web/command-line.ts'
import { filterFromQuery, parseSearch } from '../../lib/web/filter.ts'
import { linearTicks, timeTicks } from '../../lib/web/chart-scale.ts'
import { differingMembers, diffLines } from '../../lib/web/diff.ts'
import {
  age,
  bytes,
  countNoun,
  duration,
  elapsed,
  offsetIn,
  relativeTime,
  shortCount,
  timeIn,
} from '../../lib/web/format.ts'
import type { JobRecord } from '../../lib/web/api-types.ts'

const test = suite('words of the pages')

test('durations have three significant digits and a unit', () => {
  assert.equal([0, 7.4, 999.6, 1250, 9994, 9995, 59_949, 59_950, 185_000, 7_800_000, 360_000_000].map(duration), [
    '0 ms',
    '7 ms',
    '1.00 s',
    '1.25 s',
    '9.99 s',
    '10.0 s',
    '59.9 s',
    '59s',
    '3m 05s',
    '2h 10m',
    '4d 4h',
  ])
})

test('elapsed time has whole seconds, and an age has one unit', () => {
  assert.equal([0, 59_999, 60_000, 86_400_000].map(elapsed), ['0s', '59s', '1m 00s', '1d 0h'])
  assert.equal([0, 59_999, 60_000, 86_400_000].map(age), ['0s', '59s', '1m', '1d'])
})

test('sizes have a unit', () => {
  assert.equal([0, 640, 1400, 12_000_000, 2_500_000_000].map(bytes), ['0 B', '640 B', '1.4 kB', '12 MB', '2.5 GB'])
})

test('a difference keeps the lines that both have, and names the members that differ', () => {
  const shown = (before: string, after: string): string =>
    diffLines(before.split(''), after.split(''))
      .map(({ kind, text }) => `${{ same: '', removed: '-', added: '+' }[kind]}${text}`)
      .join('')
  assert.is(shown('abcd', 'abcd'), 'abcd')
  assert.is(shown('abcd', 'axcd'), 'a-b+xcd')
  assert.is(shown('abc', 'xabcy'), '+xabc+y')
  assert.is(shown('', 'a'), '+a')
  assert.equal(differingMembers({ run: 1, same: [1], gone: true }, { run: 2, same: [1] }), [
    ['run', '1', '2'],
    ['gone', 'true', ''],
  ])
})

test('the lines of a chart are at round values, and its times have room', () => {
  assert.equal(linearTicks(4.3), [0, 1, 2, 3, 4])
  assert.equal(linearTicks(47), [0, 10, 20, 30, 40])
  assert.equal(linearTicks(1080), [0, 500, 1000])
  const points = Array.from({ length: 60 }, (_, n) => ({ at: new Date(Date.UTC(2026, 0, 1, 9, 50 + n)).toISOString() }))
  assert.equal(timeTicks(points, 60, 12), [0, 10, 20, 30, 40, 50])
  assert.equal(timeTicks(points, 60, 4), [10, 40])
})

test('a relative time is before or after now', () => {
  const now = Date.parse('2026-11-22T10:00:00Z')
  assert.is(relativeTime('2026-11-22T09:57:00Z', now), '3m ago')
  assert.is(relativeTime('2026-11-22T10:00:05Z', now), 'in 6s')
})

test('a time is told as the clocks of a zone show it, also after they were changed', () => {
  // Where the commas stand depends on the version of the locale's data.
  assert.match(timeIn('Europe/Berlin', '2026-11-27T01:30:00Z'), /^Fri,? 27 Nov,? 02:30 CET$/)
  assert.equal(
    ['2026-10-24T00:30:00Z', '2026-10-26T01:30:00Z'].map((at) => offsetIn('Europe/Berlin', at)),
    ['GMT+02:00', 'GMT+01:00'],
  )
})

test('counts are grouped, and large ones shortened', () => {
  assert.equal([7, 1234, 99_999, 104_000, 1_250_000].map(shortCount), ['7', '1,234', '99,999', '104k', '1.3M'])
  assert.equal([countNoun(1, 'job'), countNoun(1200, 'job')], ['1 job', '1,200 jobs'])
})

test('qualifiers filter the list, the rest is searched for', () => {
  assert.equal(parseSearch('queue:mail  backup tag:"two words" of'), {
    found: { queue: 'mail', tag: 'two words' },
    rest: 'backup of',
  })
  assert.equal(parseSearch('state:dead state:failed'), { found: { state: 'dead,failed' }, rest: '' })
  assert.equal(parseSearch('http://x aqueue:y'), { found: {}, rest: 'http://x aqueue:y' })
})

test('the address holds the filter', () => {
  assert.equal(filterFromQuery(new URLSearchParams('state=dead&q=a+b&sort=id&queue=')), { state: 'dead', q: 'a b' })
})

test('an argv is shown as it would be typed', () => {
  assert.is(commandLine(['rm', 'old file', "it's", '-f']), `rm 'old file' 'it'\\''s' -f`)
  assert.is(commandLine('a | b'), 'a | b')
})

test('the home is named unless it is the default one', () => {
  assert.is(actionLine('/home/you/.queuectl', 'retry', 'a'), 'queuectl retry a')
  assert.is(actionLine('/srv/my jobs', 'delete', 'a'), `queuectl --home '/srv/my jobs' dlq purge a`)
})

test(
  'the enqueue line of a job, run by a shell, enqueues the same job',
  inWorld(async ({ queue, cli, dir }) => {
    const first = await queue.enqueue({
      command: ['echo', `it's "so"`],
      queue: 'mail',
      tags: ['x'],
      priority: 3,
      ...others({ odd: [1] }),
    })
    const request = requestOf(first as unknown as JobRecord)
    const argv = execFileSync('sh', ['-c', enqueueLine(null, request).replace('queuectl', `printf '%s\\0'`)], {
      cwd: dir,
      encoding: 'utf8',
    })
    const { stdout } = await cli([...argv.split('\0').slice(0, -1), '--json'])
    const second = JSON.parse(stdout) as JobRecord
    assert.not(second.id === first.id)
    assert.equal(requestOf(second), request)
  }),
)

test.run()
