/** What a schedule does now, by what it did last and by the clock. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../fixtures/rounds.ts'
import { type Decision, decideSchedule, type Generation, type Situation } from '../../lib/schedule/decide.ts'
import { isBad, parseSchedule, printSchedule, type Schedule } from '../../lib/schedule/schedule.ts'

const test = suite('deciding what a schedule does')

const AT = Date.parse('2026-11-27T00:00:00Z')
const HOUR = 3_600_000

function schedule(more: object = {}): Schedule {
  const found = parseSchedule(
    'x',
    printSchedule({ cron: '0 * * * *', tz: 'UTC', job: { command: 'true' }, ...more }),
    AT,
  )
  if (isBad(found)) throw new Error(found.bad)
  return found
}

const last = (more: Partial<Generation> = {}): Generation => ({
  number: 7,
  at: AT,
  hash: 'h',
  runs: 3,
  deed: 'fired',
  ...more,
})

/** @param hours after the last occurrence */
const decide = (hours: number, members: object = {}, more: Partial<Situation> = {}): Decision =>
  decideSchedule({
    schedule: schedule(members),
    hash: 'h',
    isPaused: false,
    last: last(),
    now: AT + hours * HOUR,
    isUnfinished: () => false,
    jitterOf: () => 0,
    ...more,
  })

const made = (decision: Decision): unknown[] =>
  decision.do === 'make' ? [decision.next.deed, (decision.next.at - AT) / HOUR, decision.next.runs] : [decision.do]

for (const [what, decision, expected] of [
  ['before its time it waits', decide(0.5), ['wait']],
  ['at its time it fires', decide(1), ['fired', 1, 4]],
  ['a moment later too', decide(1.01), ['fired', 1, 4]],
  ['of several that were missed the last one is made up for', decide(5.5), ['fired', 5, 4]],
  ['with missed all, one after the other', decide(5.5, { missed: 'all' }), ['fired', 1, 4]],
  ['with missed all, the newest of too many', decide(5.5, { missed: 'all', max_missed: 2 }), ['fired', 4, 4]],
  ['with missed skip, one that is too old is missed', decide(5.5, { missed: 'skip' }), ['missed', 5, 3]],
  ['with missed skip, one that is young enough fires', decide(5.01, { missed: 'skip' }), ['fired', 5, 4]],
  ['with missed skip and more grace, an older one too', decide(5.5, { missed: 'skip', grace: '1h' }), ['fired', 5, 4]],
  ['what it did not do before begins now', decide(5.5, {}, { last: undefined }), ['began', 5.5, 0]],
  ['an edit begins afresh, and fires nothing', decide(5.5, {}, { hash: 'other' }), ['began', 5.5, 3]],
  ['a clock that was set back by days begins afresh', decide(-48), ['began', -48, 3]],
  ['one that was set back by less waits until no time comes twice', decide(-0.9), ['wait']],
  ['while it is paused it waits', decide(5.5, {}, { isPaused: true }), ['wait']],
  ['after its last run it waits', decide(5.5, { max_runs: 3 }), ['wait']],
  ['and fires its last one', decide(5.5, { max_runs: 4 }), ['fired', 5, 4]],
  ['until: nothing after it', decide(5.5, { until: '2026-11-27T00:30:00Z' }), ['wait']],
  ['until: the last before it is made up for', decide(9.5, { until: '2026-11-27T02:30:00Z' }), ['fired', 2, 4]],
  ['from: nothing before it', decide(2.5, { from: '2026-11-27T03:00:00Z' }), ['wait']],
  ['from: at that very time', decide(3, { from: '2026-11-27T03:00:00Z' }), ['fired', 3, 4]],
  ['overlap skip: nothing while its last job runs', decide(1, {}, { isUnfinished: () => true }), ['skipped', 1, 3]],
  ['overlap allow: all the same', decide(1, { overlap: 'allow' }, { isUnfinished: () => true }), ['fired', 1, 4]],
  [
    'overlap queue: waits for its job',
    decide(1, { overlap: 'queue' }, { isUnfinished: () => true }),
    ['wait for its job'],
  ],
  [
    'overlap replace: ends its job',
    decide(1, { overlap: 'replace' }, { isUnfinished: () => true }),
    ['cancel its job'],
  ],
  [
    'the first job of all overlaps with none',
    decide(1, {}, { last: last({ runs: 0, deed: 'began' }), isUnfinished: () => true }),
    ['fired', 1, 1],
  ],
  ['jitter puts it off', decide(1.1, {}, { jitterOf: () => HOUR / 2 }), ['wait']],
  ['and then it fires for its own time', decide(1.6, {}, { jitterOf: () => HOUR / 2 }), ['fired', 1, 4]],
  ['jitter: of several the last that is due', decide(5.1, {}, { jitterOf: () => HOUR / 2 }), ['fired', 4, 4]],
] as const)
  test(what, () => {
    assert.equal(made(decision), expected)
  })

test('it says until when it waits', () => {
  assert.equal(decide(0.5), { do: 'wait', until: AT + HOUR })
  assert.equal(decide(0.5, {}, { jitterOf: () => 5 }), { do: 'wait', until: AT + HOUR + 5 })
})

test('every so long, several that were missed keep the step', () => {
  const every = { cron: undefined, tz: undefined, every: '20m' }
  assert.equal(made(decide(1.5, every)), ['fired', 4 / 3, 4])
})

test('over any walk of the clock no time is fired twice, and times rise', () => {
  for (const missed of ['once', 'skip', 'all']) {
    const ours = schedule({ missed, cron: '*/30 * * * *' })
    for (let seed = 1; seed <= rounds(8, 300); seed++) {
      let random = seed
      const next = (): number => (random = (random * 48_271) % 2_147_483_647) / 2_147_483_647
      let known: Generation | undefined
      let now = AT
      const fired: number[] = []
      for (let step = 0; step < 80; step++) {
        now += (next() - 0.2) * 3 * HOUR
        const decision = decideSchedule({
          schedule: ours,
          hash: 'h',
          isPaused: false,
          last: known,
          now,
          isUnfinished: () => next() < 0.2,
          jitterOf: (at) => (at / 1000) % 600,
        })
        if (decision.do !== 'make') continue
        if (decision.next.deed === 'began') fired.length = 0
        if (decision.next.deed === 'fired') fired.push(decision.next.at)
        known = { number: (known?.number ?? 0) + 1, ...decision.next }
      }
      for (const [n, at] of fired.entries()) if (n > 0) assert.ok(at > (fired[n - 1] ?? 0), `seed ${seed}`)
    }
  }
})

test.run()
