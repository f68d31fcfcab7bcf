/** What is stamped into a job's record when a run starts and ends, and when a person sends it back or cancels it. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aJob, NOON, others } from '../../fixtures/job.ts'
import type { Job } from '../../lib/job/job.ts'
import { commandLine } from '../../lib/job/job.ts'
import { printJob } from '../../lib/job/print.ts'
import { decide, type Outcome, type RetryPolicy } from '../../lib/job/decide.ts'
import { readJob } from '../../lib/job/parse.ts'
import { cancelledRecord, destinationOf, retriedRecord, settledRecord, startedRecord } from '../../lib/job/record.ts'
import { shownState, type State } from '../../lib/job/state.ts'
import { parseState } from '../../lib/job/state-words.ts'

const test = suite('stamping a job record')

const POLICY: RetryPolicy = { backoff_base: 2, max_backoff: 3600, jitter: 0 }
const FACTS = { run: 1, worker: 'worker-1', slot: 2, startedAt: NOON - 1500, finishedAt: NOON }
const FAILED: Outcome = { kind: 'exited', code: 1, error: 'no such file' }

const settle = (outcome: Outcome, job: Partial<Job> = {}): Job => {
  const before = aJob({ state: 'processing', runs: 1, ...job })
  return settledRecord(before, outcome, decide(outcome, before, POLICY, NOON, 0), FACTS)
}

test('a run that starts is counted, signed and timed', () => {
  const job = startedRecord(aJob({ runs: 4 }), { run: 5, worker: 'worker-1', slot: 2, at: NOON })
  assert.equal(
    [job.state, job.runs, job.attempts, job.worker, job.slot, job.started_at, job.updated_at],
    ['processing', 5, 0, 'worker-1', 2, '2026-11-22T10:15:00.000Z', '2026-11-22T10:15:00.000Z'],
  )
})

test('a retry that was begun and given back before it ran keeps the attempts it had used', () => {
  const begun = startedRecord(
    { ...settle(FAILED), state: 'pending' },
    { run: 2, worker: 'worker-1', slot: 1, at: NOON },
  )
  const again = startedRecord({ ...begun, state: 'pending' }, { run: 3, worker: 'worker-1', slot: 1, at: NOON })
  assert.equal([begun.attempts, again.attempts], [1, 1])
})

test('a run that starts clears what the last one left', () => {
  const job = startedRecord(settle(FAILED), { run: 2, worker: 'worker-1', slot: 1, at: NOON })
  for (const member of ['exit_code', 'last_error', 'duration_ms', 'finished_at', 'next_retry_at'] as const)
    assert.is(job[member], undefined, member)
  assert.is(job.history.length, 1)
})

test('a success says how long it took, and leaves no error', () => {
  const job = settle({ kind: 'exited', code: 0 }, { last_error: 'of before' })
  assert.equal(
    [job.state, job.attempts, job.exit_code, job.duration_ms, job.finished_at, job.last_error],
    ['completed', 1, 0, 1500, '2026-11-22T10:15:00.000Z', undefined],
  )
})

test('a failure says why and when it is tried again', () => {
  const job = settle(FAILED)
  assert.equal(
    [job.state, job.attempts, job.exit_code, job.last_error, job.next_retry_at],
    ['failed', 1, 1, 'exit code 1: no such file', '2026-11-22T10:15:02.000Z'],
  )
})

test('a dead job has no next retry', () => {
  assert.is(settle(FAILED, { max_retries: 1 }).next_retry_at, undefined)
})

test('a command ended by a signal names it beside its exit code', () => {
  const job = settle({ kind: 'exited', code: 137 })
  assert.equal([job.exit_code, job.signal], [137, 'SIGKILL'])
})

test('a timeout is marked', () => {
  assert.is(settle({ kind: 'timed_out', seconds: 1 }).timed_out, true)
})

test('a cancelled run says by what reason and when', () => {
  assert.equal(settle({ kind: 'cancelled', reason: 'too late' }).cancelled, {
    at: '2026-11-22T10:15:00.000Z',
    reason: 'too late',
  })
})

test('history records each run in full', () => {
  assert.equal(settle(FAILED).history, [
    {
      run: 1,
      attempt: 1,
      outcome: 'failed',
      worker: 'worker-1',
      slot: 2,
      started_at: '2026-11-22T10:14:58.500Z',
      duration_ms: 1500,
      exit_code: 1,
      finished_at: '2026-11-22T10:15:00.000Z',
      error: 'exit code 1: no such file',
    },
  ])
})

test('a run that used no attempt has none in history', () => {
  const [run] = settle({ kind: 'interrupted' }).history
  assert.equal([run?.outcome, run?.attempt], ['interrupted', undefined])
})

test('an interruption counts as such', () => {
  const job = settle({ kind: 'interrupted' }, { interruptions: 2, attempts: 1 })
  assert.equal([job.interruptions, job.attempts, job.state], [3, 1, 'pending'])
})

test('asking for a later run counts as such', () => {
  const job = settle({ kind: 'exited', code: 75 }, { retry_later_codes: [75] })
  assert.equal([job.retry_laters, job.attempts, job.state], [1, 0, 'failed'])
})

test('processes that a run left behind are named by pid', () => {
  const before = aJob({ runs: 1 })
  const outcome: Outcome = { kind: 'exited', code: 0 }
  const job = settledRecord(before, outcome, decide(outcome, before, POLICY, NOON, 0), { ...FACTS, strays: [41, 42] })
  assert.equal(
    [job.strays, job.history[0]?.strays],
    [
      [41, 42],
      [41, 42],
    ],
  )
})

test('a run whose start is not known has no duration', () => {
  const before = aJob({ runs: 1 })
  const outcome: Outcome = { kind: 'interrupted' }
  const job = settledRecord(before, outcome, decide(outcome, before, POLICY, NOON, 0), { run: 1, finishedAt: NOON })
  assert.is(job.duration_ms, undefined)
})

test('a clock that was set back makes no negative duration', () => {
  const before = aJob({ runs: 1 })
  const outcome: Outcome = { kind: 'exited', code: 0 }
  const job = settledRecord(before, outcome, decide(outcome, before, POLICY, NOON, 0), {
    ...FACTS,
    startedAt: NOON + 9000,
  })
  assert.is(job.duration_ms, 0)
})

test('a job that is sent back starts again from no attempt and keeps its history and its runs', () => {
  const job = retriedRecord(settle(FAILED, { max_retries: 1, interruptions: 2, retry_laters: 3 }), NOON + 1000)
  assert.equal(
    [job.state, job.attempts, job.interruptions, job.retry_laters, job.runs, job.history.length],
    ['pending', 0, 0, 0, 1, 1],
  )
  assert.equal([job.last_error, job.exit_code, job.updated_at], [undefined, undefined, '2026-11-22T10:15:01.000Z'])
})

test('a job that is cancelled while it waits is dead and says why', () => {
  const job = cancelledRecord(aJob(), 'by hand', NOON)
  assert.equal(
    [job.state, job.last_error, job.cancelled?.reason, job.finished_at],
    ['dead', 'cancelled: by hand', 'by hand', '2026-11-22T10:15:00.000Z'],
  )
})

test('a record that missed only its move says where it belongs', () => {
  const outcome = fc.oneof(
    fc.nat({ max: 255 }).map((code): Outcome => ({ kind: 'exited', code })),
    fc.constantFrom<Outcome>(
      { kind: 'timed_out', seconds: 1 },
      { kind: 'cancelled', reason: 'by hand' },
      { kind: 'given_back' },
      { kind: 'interrupted' },
    ),
  )
  const job = fc.record({
    attempts: fc.nat({ max: 5 }),
    max_retries: fc.nat({ max: 5 }),
    interruptions: fc.nat({ max: 10 }),
    retry_laters: fc.nat({ max: 200 }),
    retry_later_codes: fc.array(fc.nat({ max: 255 })),
    give_up_codes: fc.array(fc.nat({ max: 255 })),
  })
  fc.assert(
    fc.property(outcome, job, (how, one) => {
      const before = aJob({ ...one, runs: 1, state: 'processing' })
      const verdict = decide(how, before, POLICY, NOON, 0)
      const place = destinationOf(settledRecord(before, how, verdict, FACTS), NOON)
      assert.is(place.to, verdict.to)
      assert.is(place.due, verdict.due)
    }),
  )
})

test('a record that was settled is read back as it was printed', () => {
  const job = settle(FAILED, { priority: 5, queue: 'mail', env: { A: 'ä\n' }, tags: ['x'], meta: { kept: true } })
  const name = { priority: 5, due: NOON * 1000, id: 'job1', queue: 'mail' }
  assert.equal(readJob(printJob(job), name, 'failed'), job)
})

test('a record has one member a line, in the order of the manual, unknown ones before ours', () => {
  const job = aJob({ ...others({ mine: { kept: true } }), tags: ['x'], command: 'a\nb', timeout: 5, last_error: 'no' })
  const lines = printJob(job).trimEnd().split('\n')
  const names = lines.slice(1, -1).map((line) => /^ {2}"(\w+)": /.exec(line)?.[1])
  const asked = 'command id queue tags priority max_retries timeout mine'
  const ours = 'state attempts runs interruptions retry_laters created_at updated_at last_error history'
  assert.is(names.join(' '), `${asked} ${ours}`)
})

test('a record has one run a line', () => {
  const runs = settle(FAILED).history
  const text = printJob(aJob({ history: [...runs, ...runs] }))
  assert.match(text, /\n {2}"history": \[\n {4}\{"run":1,.*\},\n {4}\{"run":1,.*\}\n {2}\]\n\}\n$/)
})

test('a record on one line, as it used to be, is read the same', () => {
  const job = settle(FAILED)
  const name = { priority: 0, due: NOON * 1000, id: 'job1', queue: 'default' }
  assert.equal(readJob(JSON.stringify(job), name, 'failed'), job)
})

for (const [typed, state] of [
  ['pending', 'pending'],
  ['Completed', 'completed'],
  ['done', 'completed'],
  ['hold', 'held'],
  ['held', 'held'],
  ['running', 'processing'],
  ['DEAD', 'dead'],
  ['gone', undefined],
  ['', undefined],
] as const)
  test(`${JSON.stringify(typed)} as a state is ${state ?? 'none'}`, () => assert.is(parseState(typed), state))

for (const [state, word] of [
  ['scheduled', 'pending'],
  ['pending', 'pending'],
  ['completed', 'completed'],
  ['held', 'held'],
] as [State, string][])
  test(`${state} is printed as ${word}`, () => assert.is(shownState(state), word))

for (const [command, line] of [
  ['echo hi | wc', 'echo hi | wc'],
  [['ls', '-l', '/tmp'], 'ls -l /tmp'],
  [['echo', 'a b', "it's", ''], `echo 'a b' 'it'\\''s' ''`],
] as const)
  test(`${JSON.stringify(command)} is shown as ${line}`, () => assert.is(commandLine(command), line))

test.run()
