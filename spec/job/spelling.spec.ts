/** Members of a job in any spelling and in the words of other queues, by one table. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { OUR_MEMBERS } from '../../lib/job/job.ts'
import { KNOWN_MEMBERS } from '../../lib/job/parse.ts'
import { meantBy, memberValue, overridden, readForeign, withDefault } from '../../lib/job/spelling.ts'
import { isoTime } from '../../lib/job/time.ts'
import { MEANINGLESS_MEMBERS, MEMBER_SYNONYMS } from '../../lib/job/synonyms.ts'

const test = suite('members in other words')

const NOW = Date.UTC(2026, 10, 22, 10)
const later = (seconds: number): string => isoTime(NOW + seconds * 1000)
const read = (more: object) => readForeign({ command: 'true', ...more }, NOW)

const camel = (name: string): string => name.replaceAll(/_(\w)/g, (_all, letter: string) => letter.toUpperCase())
const VALUES: Readonly<Record<string, unknown>> = {
  command: 'echo',
  id: 'a',
  queue: 'q',
  key: 'k',
  run_at: '2030-01-01T00:00:00Z',
  env: { A: 'b' },
  stdin: 'x',
  tags: ['a'],
  after: ['a'],
  unique: 'a',
  cwd: '/',
  success_codes: [0],
}

for (const [member, names] of Object.entries<readonly string[]>(MEMBER_SYNONYMS).filter(([one]) => one !== 'delay'))
  for (const name of names.flatMap((one) => [...new Set([one, one.replaceAll('_', '-'), camel(one)])]))
    test(`${name} is ${member}, and a warning says so`, () => {
      const value = VALUES[member] ?? 7
      const { request, warnings } = readForeign(
        { ...(member === 'command' ? {} : { command: 'x' }), [name]: value },
        NOW,
      )
      assert.equal(Object.entries(request).find(([key]) => key === member)?.[1], value)
      assert.is(warnings.length, 1)
      assert.match(warnings[0] ?? '', `${JSON.stringify(name)} was read as ${member}`)
      assert.equal(request.warnings, warnings)
    })

for (const name of ['delay', ...MEMBER_SYNONYMS.delay])
  test(`${name} is seconds from now`, () => {
    const { request, warnings } = read({ [name]: 90 })
    assert.is(request.run_at, later(90))
    assert.match(warnings[0] ?? '', 'run_at: 90 s from now')
  })

for (const [given, member, value] of [
  [{ timeout: '5m' }, 'timeout', 300],
  [{ timeout_seconds: 1 }, 'timeout', 1],
  [{ timeout_ms: 1500 }, 'timeout', 1.5],
  [{ timeoutMs: 1500 }, 'timeout', 1.5],
  [{ timeout_ms: '5m' }, 'timeout', 300],
  [{ timeout_in_minutes: 2 }, 'timeout', 120],
  [{ max_backoff: '1h' }, 'max_backoff', 3600],
  [{ delay: '1h30m' }, 'run_at', later(5400)],
  [{ delaySeconds: 3600 }, 'run_at', later(3600)],
  [{ delay_ms: 500 }, 'run_at', later(0.5)],
  [{ delay_hours: 2 }, 'run_at', later(7200)],
  [{ run_after: 60 }, 'run_at', later(60)],
  [{ run_after: '2030-01-01T00:00:00Z' }, 'run_at', '2030-01-01T00:00:00Z'],
  [{ runAt: '2030-01-01T00:00:00Z' }, 'run_at', '2030-01-01T00:00:00Z'],
  [{ maxRetries: 5 }, 'max_retries', 5],
  [{ 'max-retries': 5 }, 'max_retries', 5],
  [{ attempts: 5 }, 'max_retries', 5],
  [{ tag: 'a' }, 'tags', ['a']],
  [{ retries: 5, max_retries: 5 }, 'max_retries', 5],
] as const)
  test(`${JSON.stringify(given)} is ${member} ${JSON.stringify(value)}`, () => {
    assert.equal(Object.entries(read(given).request).find(([key]) => key === member)?.[1], value)
  })

for (const given of [
  { retries: 5, max_retries: 3 },
  { max_retries: 3, retries: 5 },
  { attempts: 5, max_retries: 3 },
  { name: 'a', id: 'b' },
  { timeout: 1, timeout_ms: 5 },
  { delay: 5, run_at: '2030-01-01' },
  { cmd: 'false' },
])
  test(`${JSON.stringify(given)}: two spellings with different values are refused`, () => {
    assert.throws(() => read(given), /both mean the same member/)
  })

test('every synonym of max_retries means attempts in all, and says so', () => {
  for (const name of MEMBER_SYNONYMS.max_retries)
    assert.match(read({ [name]: 2 }).warnings[0] ?? '', '2 attempts in all')
})

test('a record of ours keeps its count of attempts', () => {
  assert.is(read({ attempts: 2, state: 'dead' }).request.max_retries, undefined)
  assert.is(read({ attempts: 0 }).request.max_retries, undefined)
  assert.equal(read({ attempts: 0, max_retries: 3 }).warnings, [])
})

test('nothing inside meta or env is taken for a member', () => {
  const given = { meta: { retries: 9, delay: 3600, priorty: 1 }, env: { timeout: '1' } }
  assert.equal(read(given), { request: { command: 'true', ...given }, warnings: [] })
})

for (const name of Object.keys(MEANINGLESS_MEMBERS))
  test(`${name} means nothing, and a warning names what does`, () => {
    assert.match(read({ [name]: 'x' }).warnings[0] ?? '', MEANINGLESS_MEMBERS[name] ?? '')
  })

for (const name of ['needs', 'batch'])
  test(`that ${name} is not honoured is said, and the member kept`, () => {
    const { request, warnings } = read({ [name]: 'x' })
    assert.equal(Object.entries(request).at(-2), [name, 'x'])
    assert.match(warnings.join(), `"${name}" means nothing to queuectl: `)
  })

for (const [given, after] of [
  [{ after: 'a' }, ['a']],
  [{ depends_on: 'a' }, ['a']],
  [{ after: { job: 'a', when: 'any' } }, [{ job: 'a', when: 'any' }]],
  [{ after: ['a', 'b'] }, ['a', 'b']],
] as const)
  test(`${JSON.stringify(given)} waits for ${JSON.stringify(after)}`, () => {
    assert.equal(read(given).request.after, after)
  })

test('one job to wait for is checked as several are', () => {
  assert.throws(() => read({ after: 'a b' }), /after: an id is/)
  assert.throws(() => read({ after: 7 }), /expected an array of ids/)
  assert.throws(() => read({ after: null }), /expected an array of ids/)
})

test('a member nearly called like one of ours is noticed, and kept', () => {
  const { request, warnings } = read({ priorty: 1 })
  assert.equal(warnings, ['"priorty" means nothing to queuectl; did you mean priority?'])
  assert.is((request as { priorty?: unknown }).priorty, 1)
})

test('a member far from ours is kept without a word', () => {
  assert.equal(read({ customer: 7, note: 'x', data: {}, type: 'mail', user: 'me' }).warnings, [])
})

test('what was read as another member is named when its value is refused', () => {
  assert.throws(() => read({ name: 'a/b' }), /"name" was read as id/)
})

test('no word has two meanings, and none is one of ours', () => {
  const words = [...Object.values<readonly string[]>(MEMBER_SYNONYMS).flat(), ...Object.keys(MEANINGLESS_MEMBERS)]
  assert.equal([...new Set(words)], words)
  const ours = [...KNOWN_MEMBERS, ...OUR_MEMBERS].filter((name) => name !== 'attempts')
  assert.equal(
    words.filter((word) => ours.includes(word)),
    [],
  )
})

test('an option takes the place of every spelling of its member', () => {
  const given = { cmd: 'x', retries: 5, delay: 3 }
  assert.equal(overridden(given, { max_retries: 2, run_at: 'now' }), { cmd: 'x', max_retries: 2, run_at: 'now' })
  assert.is(memberValue(given, 'command'), 'x')
  assert.is(meantBy('delay', given), 'run_at')
  assert.equal(withDefault({ dir: '/x' }, 'cwd', '/'), { dir: '/x' })
})

test.run()
