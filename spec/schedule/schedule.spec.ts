/** What the file of a schedule may say, and what is seldom meant. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseCrontab } from '../../lib/schedule/crontab.ts'
import { isBad, parseSchedule, whyNotScheduleName } from '../../lib/schedule/schedule.ts'
import { timingWords, warningsOf } from '../../lib/schedule/words.ts'

const test = suite('the file of a schedule')

const NOW = Date.parse('2026-11-27T00:00:00Z')
const JOB = { command: 'true' }
const parse = (members: object) => parseSchedule('x', JSON.stringify({ job: JOB, ...members }), NOW)

for (const [members, why] of [
  [{}, /one of cron and every/],
  [{ cron: '* * * * *', every: '1m', tz: 'UTC' }, /one of cron and every/],
  [{ cron: '* * * * *' }, /says no time zone/],
  [{ cron: '* * * * *', tz: 'Europe/Atlantis' }, /no time zone "Europe\/Atlantis"/],
  [{ cron: '* * * * *', tz: '+01:00' }, /no time zone/],
  [{ cron: 5, tz: 'UTC' }, /cron: expected a text/],
  [{ cron: '0 0 30 2 *', tz: 'UTC' }, /never occurs/],
  [{ every: '0s' }, /every: expected/],
  [{ every: '1500ms' }, /whole seconds/],
  [{ every: 60 }, /every: expected/],
  [{ every: '1m', tz: 'UTC' }, /go with cron/],
  [{ every: '1m', job: undefined }, /job: expected an object/],
  [{ every: '1m', job: {} }, /its job: it has no command/],
  [{ every: '1m', job: { ...JOB, id: 'a' } }, /id is of a single job/],
  [{ every: '1m', job: { ...JOB, run_at: '2030-01-01' } }, /run_at is of a single job/],
  [{ every: '1m', job: { ...JOB, after: ['a'] } }, /after is of a single job/],
  [{ every: '1m', jitter: '1m' }, /jitter: it must be shorter/],
  [{ every: '1m', missed: 'none' }, /missed: expected one of once, skip, all/],
  [{ every: '1m', overlap: true }, /overlap: expected one of/],
  [{ every: '1m', max_runs: 0 }, /max_runs: expected/],
  [{ every: '1m', from: 'soon' }, /from: expected a date/],
  [{ every: '1m', timezone: 'UTC' }, /no member "timezone"/],
] as const)
  test(`${JSON.stringify(members)} fires nothing`, () => {
    const found = parse(members)
    assert.ok(isBad(found))
    if (isBad(found)) assert.match(found.bad, why)
  })

for (const text of ['', '{', '[]', 'null', '"x"'])
  test(`${JSON.stringify(text)} fires nothing`, () => {
    assert.ok(isBad(parseSchedule('x', text, NOW)))
  })

test('any member of a job may be in its job, in any spelling', () => {
  const found = parse({ every: '1m', job: { cmd: 'true', maxRetries: 2, queue: 'mail', tags: ['a'] } })
  assert.not.ok(isBad(found))
  if (!isBad(found)) assert.equal([found.job.command, found.job.max_retries, found.job.queue], ['true', 2, 'mail'])
})

for (const [cron, words] of [
  ['30 2 * * *', 'at 02:30 every day, UTC'],
  ['5 9 * * 1-5', 'at 09:05 on weekdays, UTC'],
  ['0 8 * * 1,3', 'at 08:00 on Monday, Wednesday, UTC'],
  ['0 8 1 * *', 'at 08:00 on day 1 of the month, UTC'],
  ['* * * * *', 'every minute, UTC'],
  ['*/15 * * * *', 'every 15 minutes of the hour, UTC'],
  ['20 * * * *', 'at minute 20 of every hour, UTC'],
  ['@daily', 'at 00:00 every day, UTC'],
  ['0 0 * 2 5#1', '0 0 * 2 5#1, UTC'],
] as const)
  test(`${cron} is in words: ${words}`, () => {
    const found = parse({ cron, tz: 'UTC' })
    if (isBad(found)) throw new Error(found.bad)
    assert.is(timingWords(found), words)
  })

for (const [cron, tz, warning] of [
  ['*/7 * * * *', 'UTC', /begins anew at each hour/],
  ['0 */5 * * *', 'UTC', /begins anew at each day/],
  ['0 0 13 * 5', 'UTC', /either, not both/],
  ['0 0 31 * *', 'UTC', /not every month has a day 31/],
  ['30 2 * * *', 'Europe/Berlin', /clocks skip 02:30 in Europe\/Berlin it occurs at 03:00/],
] as const)
  test(`${cron} in ${tz} is warned of`, () => {
    const found = parse({ cron, tz })
    if (isBad(found)) throw new Error(found.bad)
    assert.match(warningsOf(found, NOW).join('\n'), warning)
  })

test('what is usual is not warned of', () => {
  for (const cron of ['*/15 * * * *', '30 5 * * *', '0 9 * * 1-5', '@daily']) {
    const found = parse({ cron, tz: 'Europe/Berlin' })
    if (isBad(found)) throw new Error(found.bad)
    assert.equal(warningsOf(found, NOW), [], cron)
  }
})

for (const [name, isName] of [
  ['backup', true],
  ['a.b-c_9', true],
  ['x'.repeat(65), false],
  ['.hidden', false],
  ['a/b', false],
  ['x.json', false],
] as const)
  test(`${name} is ${isName ? 'a' : 'no'} name`, () => {
    assert.is(whyNotScheduleName(name) === undefined, isName)
  })

test('a crontab becomes schedules, with its variables, zones, input and comments', () => {
  const text = `# a comment
MAILTO=me@example.org
PATH="/usr/bin:/bin"
30 2 * * *   /usr/local/bin/backup.sh --all 2>&1
CRON_TZ=Europe/Berlin
@hourly  tidy
0 9 * * 1  mail -s 100\\% me%Hello,%bye
@reboot  start
30 2 * *
15 3 * * * /opt/backup.sh
`
  const entries = parseCrontab(text, { tz: 'UTC', cwd: '/home/me' })
  assert.equal(
    entries.map(({ line, name, schedule, why }) => [line, name, schedule?.cron, schedule?.tz, why !== undefined]),
    [
      [2, undefined, undefined, undefined, true],
      [4, 'backup', '30 2 * * *', 'UTC', false],
      [6, 'tidy', '@hourly', 'Europe/Berlin', false],
      [7, 'mail', '0 9 * * 1', 'Europe/Berlin', false],
      [8, undefined, undefined, undefined, true],
      [9, undefined, undefined, undefined, true],
      [10, 'backup.sh-2', '15 3 * * *', 'Europe/Berlin', false],
    ],
  )
  assert.equal(entries[1]?.schedule?.job, {
    command: '/usr/local/bin/backup.sh --all 2>&1',
    cwd: '/home/me',
    env: { PATH: '/usr/bin:/bin' },
  })
  assert.equal(entries[3]?.schedule?.job, {
    command: 'mail -s 100% me',
    cwd: '/home/me',
    env: { PATH: '/usr/bin:/bin' },
    stdin: 'Hello,\nbye\n',
  })
})

test('one with a number that would not be kept is refused, as a job is', () => {
  const found = parseSchedule('x', '{"every":"1h","job":{"command":"true","row":9007199254740993}}', NOW)
  assert.ok(isBad(found))
  if (isBad(found)) assert.match(found.bad, /9007199254740993 would not be kept exactly/)
})

test.run()
