import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aJob, NOON } from '../../fixtures/job.ts'
import type { Job } from '../../lib/job/job.ts'
import {
  backoffSeconds,
  decide,
  isRetryDue,
  MAX_INTERRUPTIONS,
  MAX_RETRY_LATERS,
  type Outcome,
  policyOf,
  type RetryPolicy,
  signalOf,
  type Verdict,
} from '../../lib/job/decide.ts'

const test = suite('verdicts on outcomes')

const DEFAULT: RetryPolicy = { backoff_base: 2, max_backoff: 3600, jitter: 0 }
const judge = (outcome: Outcome, job: Partial<Job> = {}, random = 0): Verdict =>
  decide(outcome, aJob(job), DEFAULT, NOON, random)
const exited = (code: number): Outcome => ({ kind: 'exited', code })
const inSeconds = (verdict: Verdict): number => ((verdict.due ?? Number.NaN) - NOON) / 1000

for (const [base, seconds] of [
  [2, [2, 4, 8, 16, 32]],
  [1, [1, 1, 1, 1, 1]],
  [3, [3, 9, 27, 81, 243]],
  [1.5, [1.5, 2.25, 3.375, 5.0625, 7.59375]],
  [10, [10, 100, 1000, 3600, 3600]],
] as const)
  test(`with base ${base} the waits are ${seconds.join(', ')} s`, () =>
    assert.equal(
      seconds.map((_, n) => backoffSeconds(n + 1, { ...DEFAULT, backoff_base: base }, 0)),
      [...seconds],
    ))

test('what fails on a full disk is tried again and has used no attempt, a hundred times at most', () => {
  const onFullDisk: Outcome = { kind: 'exited', code: 1, diskFull: true, error: 'write error' }
  const verdict = judge(onFullDisk, { attempts: 2 })
  assert.equal(
    [verdict.to, verdict.countsAttempt, verdict.error],
    ['failed', false, 'exit code 1, on a full disk: write error'],
  )
  assert.is(judge(onFullDisk, { retry_laters: MAX_RETRY_LATERS }).to, 'dead')
})

test('what gives up on a full disk has given up', () => {
  assert.is(judge({ kind: 'exited', code: 100, diskFull: true }, { give_up_codes: [100] }).to, 'dead')
})

test('no wait is longer than max_backoff, however often a job has failed', () => {
  assert.is(backoffSeconds(1000, { ...DEFAULT, backoff_base: 1000, max_backoff: 60 }, 0), 60)
})

test('jitter is added to the wait, up to its share', () => {
  const policy = { ...DEFAULT, jitter: 0.5 }
  assert.is(backoffSeconds(3, policy, 0), 8)
  assert.is(backoffSeconds(3, policy, 0.5), 10)
  assert.ok(backoffSeconds(3, policy, 0.999_999) < 12)
})

test('the wait is from the backoff to the backoff plus its jitter, and finite', () => {
  const policy = fc.record({
    backoff_base: fc.double({ min: 1, max: 1000, noNaN: true }),
    max_backoff: fc.double({ min: 1, max: 31_536_000, noNaN: true }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), policy, random, (n, one, chance) => {
      const least = Math.min(one.max_backoff, one.backoff_base ** n)
      const seconds = backoffSeconds(n, one, chance)
      assert.ok(seconds >= least && seconds <= least * (1 + one.jitter))
    }),
  )
})

test('what the job says of its retries goes before the configuration', () => {
  assert.equal(policyOf(aJob({ backoff_base: 5, jitter: 0 }), { ...DEFAULT, jitter: 1 }), {
    backoff_base: 5,
    max_backoff: 3600,
    jitter: 0,
  })
})

for (const [codes, code, to] of [
  [undefined, 0, 'completed'],
  [undefined, 1, 'failed'],
  [[0, 3], 0, 'completed'],
  [[0, 3], 3, 'completed'],
  [[3], 0, 'failed'],
  [[], 0, 'failed'],
  [[137], 137, 'completed'],
] as const)
  test(`with success_codes ${JSON.stringify(codes) ?? 'left out'}, exit code ${code} is ${to}`, () =>
    assert.is(judge(exited(code), codes ? { success_codes: codes } : {}).to, to))

test('a success counts as an attempt', () => {
  assert.equal(judge(exited(0)), { to: 'completed', ending: 'completed', countsAttempt: true })
})

for (const [max, attempts, to, wait] of [
  [3, 0, 'failed', 2],
  [3, 1, 'failed', 4],
  [3, 2, 'dead', Number.NaN],
  [3, 5, 'dead', Number.NaN],
  [1, 0, 'dead', Number.NaN],
  [0, 0, 'dead', Number.NaN],
  [5, 3, 'failed', 16],
] as const)
  test(`with max_retries ${max}, failure ${attempts + 1} is ${to}${to === 'failed' ? `, due in ${wait} s` : ''}`, () => {
    const verdict = judge(exited(1), { max_retries: max, attempts })
    assert.is(verdict.to, to)
    assert.ok(Object.is(inSeconds(verdict), wait))
    assert.is(verdict.ending, 'failed')
    assert.ok(verdict.countsAttempt)
  })

test('a job that always fails is tried max_retries times in all', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), (max_retries) => {
      let attempts = 0
      while (judge(exited(1), { max_retries, attempts }).to === 'failed') attempts++
      assert.is(attempts + 1, max_retries)
    }),
  )
})

for (const [outcome, error] of [
  [exited(1), 'exit code 1'],
  [{ kind: 'exited', code: 7, error: 'no such file' }, 'exit code 7: no such file'],
  [{ kind: 'exited', code: 7, error: '' }, 'exit code 7'],
  [exited(137), 'ended by SIGKILL'],
  [{ kind: 'exited', code: 143, error: 'bye' }, 'ended by SIGTERM: bye'],
  [exited(255), 'exit code 255'],
  [{ kind: 'timed_out', seconds: 5 }, 'timed out after 5 s'],
  [{ kind: 'timed_out', seconds: 5, code: 143, error: 'bye' }, 'timed out after 5 s: bye'],
  [{ kind: 'cancelled', reason: 'by hand' }, 'cancelled: by hand'],
] as const)
  test(`the error says ${JSON.stringify(error)}`, () => assert.is(judge(outcome).error, error))

test('a timeout is a failure even if the command then ends with 0', () => {
  const verdict = judge({ kind: 'timed_out', seconds: 1, code: 0 })
  assert.is(verdict.to, 'failed')
  assert.is(inSeconds(verdict), 2)
})

test('a timeout on the last attempt is dead', () => {
  assert.is(judge({ kind: 'timed_out', seconds: 1 }, { attempts: 2 }).to, 'dead')
})

test('a give-up code is dead at the first attempt, and counts', () => {
  const verdict = judge(exited(100), { give_up_codes: [100] })
  assert.equal([verdict.to, verdict.ending, verdict.countsAttempt], ['dead', 'gave_up', true])
})

test('a retry-later code comes back by a backoff of its own and uses no attempt', () => {
  const verdict = judge(exited(75), { retry_later_codes: [75], retry_laters: 4, attempts: 2 })
  assert.equal([verdict.to, verdict.ending, verdict.countsAttempt], ['failed', 'retry_later', false])
  assert.is(inSeconds(verdict), 32)
})

test('a command that asks to be run later once too often is dead', () => {
  const job = { retry_later_codes: [75] }
  assert.is(judge(exited(75), { ...job, retry_laters: MAX_RETRY_LATERS - 1 }).to, 'failed')
  assert.is(judge(exited(75), { ...job, retry_laters: MAX_RETRY_LATERS }).to, 'dead')
})

test('a code in several lists succeeds before it gives up before it is tried later', () => {
  const all = { success_codes: [5], give_up_codes: [5, 6], retry_later_codes: [5, 6, 7] }
  assert.equal(
    [5, 6, 7, 8].map((code) => judge(exited(code), all).ending),
    ['completed', 'gave_up', 'retry_later', 'failed'],
  )
})

test('a cancelled run is dead and uses no attempt', () => {
  const verdict = judge({ kind: 'cancelled', reason: 'by hand', code: 143 })
  assert.equal([verdict.to, verdict.ending, verdict.countsAttempt], ['dead', 'cancelled', false])
})

test('a run that was given back is pending again, without an error', () => {
  assert.equal(judge({ kind: 'given_back', code: 143 }, { attempts: 2 }), {
    to: 'pending',
    ending: 'given_back',
    countsAttempt: false,
  })
})

for (let before = 0; before <= MAX_INTERRUPTIONS; before++) {
  const to = before === MAX_INTERRUPTIONS ? 'dead' : 'pending'
  test(`interruption ${before + 1} is ${to} and uses no attempt`, () => {
    const verdict = judge({ kind: 'interrupted' }, { interruptions: before, attempts: 2 })
    assert.equal([verdict.to, verdict.ending, verdict.countsAttempt], [to, 'interrupted', false])
  })
}

test('only a failed job is due later, and never before now', () => {
  const outcome: fc.Arbitrary<Outcome> = fc.oneof(
    fc.integer({ min: 0, max: 255 }).map(exited),
    fc.constantFrom<Outcome>(
      { kind: 'timed_out', seconds: 1 },
      { kind: 'cancelled', reason: 'by hand' },
      { kind: 'given_back' },
      { kind: 'interrupted' },
    ),
  )
  const count = fc.nat({ max: 1000 })
  const job = fc.record({
    attempts: count,
    max_retries: count,
    interruptions: count,
    retry_laters: count,
    retry_later_codes: fc.array(fc.nat({ max: 255 })),
    give_up_codes: fc.array(fc.nat({ max: 255 })),
  })
  fc.assert(
    fc.property(outcome, job, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (how, one, random) => {
      const verdict = judge(how, one, random)
      assert.is(verdict.due !== undefined, verdict.to === 'failed')
      assert.ok(verdict.due === undefined || verdict.due > NOON)
    }),
  )
})

for (const [code, name] of [
  [137, 'SIGKILL'],
  [143, 'SIGTERM'],
  [130, 'SIGINT'],
  [139, 'SIGSEGV'],
  [128, undefined],
  [255, undefined],
  [0, undefined],
  [undefined, undefined],
] as const)
  test(`exit code ${code} stands for ${name ?? 'no signal'}`, () => assert.is(signalOf(code), name))

const HOUR = 3600_000
for (const [what, due, isDue] of [
  ['in the past', NOON - 1, true],
  ['now', NOON, true],
  ['in a moment', NOON + 1, false],
  ['as far off as the longest backoff', NOON + HOUR, false],
  ['as far off as the longest backoff with all its jitter', NOON + 2 * HOUR, false],
  ['further off than any backoff could be (the clock was set back)', NOON + 2 * HOUR + 1, true],
] as const)
  test(`a retry that is due ${what} ${isDue ? 'runs' : 'waits'}`, () => assert.is(isRetryDue(due, NOON, 3600), isDue))

test('a run that the kernel killed for lack of memory says so', () => {
  const { error } = judge({ kind: 'exited', code: 137, oomKilled: true, error: 'Killed' })
  assert.is(error, 'killed for lack of memory (oom_kill): Killed')
})

test.run()
